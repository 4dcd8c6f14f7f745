import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { SCREENS } from '../screens.js'

export interface ToProps {
  /** Of a screen, with its `$name`s. */
  readonly to: string
  readonly params?: Readonly<Record<string, string>>
  readonly search?: Readonly<Record<string, string>>
  readonly className?: string
  readonly children: ReactNode
}

/** A link to a screen; what stands in it alone, where there is no such screen. */
export const To = ({ to, params, search, className = 'text-accent hover:underline', children }: ToProps): ReactNode =>
  SCREENS.some(({ path }) => path === to) ? (
    <Link to={to} params={(params ?? {}) as never} search={(search ?? {}) as never} className={className}>
      {children}
    </Link>
  ) : (
    children
  )
