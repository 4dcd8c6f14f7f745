import type { ButtonHTMLAttributes, ReactElement, Ref } from 'react'
import { Icon, type IconName } from './icon.js'

const LOOKS = {
  plain: 'border-line bg-card text-ink hover:bg-hover hover:border-edge',
  main: 'border-accent bg-accent text-on-accent hover:brightness-110',
  danger: 'border-bad bg-card text-bad hover:bg-bad-wash',
  bare: 'border-transparent bg-transparent text-soft hover:bg-hover hover:text-ink',
} as const

export interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'type'> {
  readonly look?: keyof typeof LOOKS
  readonly icon?: IconName
  readonly type?: 'button' | 'submit'
  readonly ref?: Ref<HTMLButtonElement>
  /** Why it cannot be pressed: told to whoever looks at it, which a disabled button could not. */
  readonly refused?: string | undefined
}

export function Button({
  look = 'plain',
  icon,
  type = 'button',
  refused,
  className = '',
  children,
  onClick,
  ...rest
}: ButtonProps): ReactElement {
  return (
    <button
      {...rest}
      aria-disabled={refused === undefined ? undefined : true}
      className={`inline-flex h-7 items-center gap-1.5 whitespace-nowrap rounded-md border px-2.5 font-medium transition-colors disabled:opacity-60 aria-disabled:cursor-not-allowed aria-disabled:opacity-60 ${LOOKS[look]} ${className}`}
      onClick={refused === undefined ? onClick : (event) => event.preventDefault()}
      title={refused ?? rest.title}
      type={type}
    >
      {icon === undefined ? null : <Icon name={icon} size={14} />}
      {children}
    </button>
  )
}

/** A button that is an icon alone. */
export const IconButton = ({
  icon,
  label,
  className = '',
  ...rest
}: Omit<ButtonProps, 'children'> & { readonly icon: IconName; readonly label: string }): ReactElement => (
  <Button
    {...rest}
    aria-label={label}
    className={`w-7 justify-center px-0 ${className}`}
    icon={icon}
    look={rest.look ?? 'bare'}
    title={rest.title ?? label}
  />
)
