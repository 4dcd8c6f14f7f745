import { type ButtonHTMLAttributes, type MouseEvent, type ReactElement, type Ref, useId, useImperativeHandle, useRef } from 'react'
import { useMay } from '../data/may.js'
import type { OperationName } from '../data/names.js'
import { Icon, type IconName } from './icon.js'
import { Reason, useReason } from './reason.js'

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
  /** What it does: whoever may not is told so before they try. */
  readonly of?: OperationName | undefined
  /** Fields of its input that may take more than the operation itself. */
  readonly given?: Readonly<Record<string, unknown>>
  /** Why it cannot be pressed: told to whoever looks at it, which a disabled button could not. */
  readonly refused?: string | undefined
}

const CLASS =
  'inline-flex h-7 items-center gap-1.5 whitespace-nowrap rounded-md border px-2.5 font-medium transition-colors disabled:opacity-60 aria-disabled:cursor-not-allowed aria-disabled:opacity-60'

/** Refused, it stays in reach of the keyboard, so that the reason does, and keeps the focus. */
export function Button(props: ButtonProps): ReactElement {
  const { of, given, refused, look = 'plain', icon, type = 'button', className = '', children, ref, title, ...rest } = props
  const may = useMay(of, given)
  const why = may ?? refused
  const [id, anchor] = [useId(), useRef<HTMLButtonElement>(null)]
  useImperativeHandle(ref, () => anchor.current as HTMLButtonElement)
  const { panel, handlers } = useReason(anchor)
  const told =
    why === undefined
      ? { title }
      : {
          ...handlers,
          'aria-describedby': id,
          'aria-disabled': true,
          onClick: (event: MouseEvent) => event.preventDefault(),
        }
  const shown = may === undefined ? icon : 'lock'
  return (
    <>
      <button {...rest} {...told} className={`${CLASS} ${LOOKS[look]} ${className}`} ref={anchor} type={type}>
        {shown === undefined ? null : <Icon name={shown} size={14} />}
        {children}
      </button>
      {why === undefined ? null : (
        <Reason id={id} panel={panel}>
          {why}
        </Reason>
      )}
    </>
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
