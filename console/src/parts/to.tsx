import { Link } from '@tanstack/react-router'
import type { AnchorHTMLAttributes, ReactElement } from 'react'

type Texts = Readonly<Record<string, string>>

export interface ToProps
  extends Pick<AnchorHTMLAttributes<HTMLAnchorElement>, 'aria-label' | 'onClick' | 'tabIndex' | 'title' | 'className' | 'children'> {
  /** Path of a screen, with its `$name`s. */
  readonly to: string
  readonly params?: Texts
  /** What stands behind the `?`, or what becomes of what stands there. Default: nothing. */
  readonly search?: Readonly<Record<string, string | undefined>> | ((before: Texts) => Readonly<Record<string, string | undefined>>)
}

/** A link to a screen. Screens are found by name when the page runs, so that the router knows no types of theirs. */
export const To = ({ to, params = {}, search = {}, className = 'text-accent hover:underline', ...rest }: ToProps): ReactElement => (
  <Link {...rest} className={className} params={params as never} search={search as never} to={to as never} />
)
