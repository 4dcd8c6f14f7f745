import { type ReactElement, useEffect, useRef } from 'react'
import type { FormField, FormValues } from '../data/schema-fields.js'

export const FIELD = 'rounded-md border border-edge bg-card px-2 text-ink aria-invalid:border-bad'

export interface FieldsProps {
  readonly fields: readonly FormField[]
  readonly values: FormValues
  readonly issues: Readonly<Record<string, string>>
  readonly onChange: (values: FormValues) => void
  /** Values to choose from where the schema takes any text, such as names of clusters. */
  readonly suggest?: Readonly<Record<string, readonly string[]>>
  /** The first one is what somebody came for. */
  readonly focus?: boolean
  /** What a choice that is not made means. Default: as by default. */
  readonly unset?: string
}

/** The fields of an input: each with what it means, and what is wrong with it. */
export function Fields({
  fields,
  values,
  issues,
  onChange,
  suggest = {},
  focus = false,
  unset = 'as by default',
}: FieldsProps): ReactElement {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const first = focus ? place.current?.querySelector<HTMLElement>('input, select, textarea') : null
    // A dialog that opens only now goes by the attribute; in one that is open already the focus is moved.
    first?.setAttribute('autofocus', '')
    first?.focus()
  }, [focus])
  return (
    <div className="flex flex-col gap-4" ref={place}>
      {fields.map((field) => (
        <Field
          field={field}
          issue={issues[field.name]}
          key={field.name}
          onChange={(value) => onChange({ ...values, [field.name]: value })}
          suggest={suggest[field.name] ?? []}
          unset={unset}
          value={values[field.name]}
        />
      ))}
    </div>
  )
}

interface FieldProps {
  readonly field: FormField
  readonly value: string | boolean | undefined
  readonly issue: string | undefined
  readonly suggest: readonly string[]
  readonly unset: string
  readonly onChange: (value: string | boolean) => void
}

function Field({ field, value, issue, suggest, unset, onChange }: FieldProps): ReactElement {
  const { name, label, help, kind, required } = field
  const id = `field-${name}`
  const told = {
    id,
    name,
    'aria-describedby': `${id}-help`,
    'aria-invalid': issue !== undefined,
    'aria-required': required,
  } as const
  const below = (
    <p className={issue === undefined ? 'text-xs text-soft' : 'text-xs text-bad'} id={`${id}-help`}>
      {issue === undefined ? help : `${label} ${issue}`}
    </p>
  )
  if (kind === 'switch')
    return (
      <div>
        <label className="flex items-center gap-2 font-medium" htmlFor={id}>
          <input
            {...told}
            checked={value === undefined ? field.preset === true : value === true}
            className="size-3.5 accent-accent"
            onChange={(event) => onChange(event.target.checked)}
            type="checkbox"
          />
          {label}
        </label>
        {below}
      </div>
    )
  return (
    <div className="flex flex-col gap-1">
      <label className="font-medium" htmlFor={id}>
        {label}
        {required ? null : <span className="font-normal text-soft"> · optional</span>}
      </label>
      <Control
        field={field}
        onChange={onChange}
        suggest={suggest}
        told={told}
        unset={unset}
        value={typeof value === 'string' ? value : ''}
      />
      {below}
    </div>
  )
}

interface ControlProps {
  readonly field: FormField
  readonly value: string
  readonly suggest: readonly string[]
  readonly unset: string
  readonly told: Readonly<Record<string, string | boolean>> & { readonly id: string }
  readonly onChange: (value: string) => void
}

function Control({ field: { kind, schema, preset, required }, value, suggest, unset, told, onChange }: ControlProps): ReactElement {
  const hint = preset === undefined || typeof preset === 'object' ? undefined : String(preset)
  if (kind === 'choice')
    return (
      <select {...told} className={`h-8 ${FIELD}`} onChange={(event) => onChange(event.target.value)} value={value}>
        {required && value !== '' ? null : (
          <option value="">{required ? 'choose …' : hint === undefined ? unset : `${hint} (by default)`}</option>
        )}
        {schema.enum!.map((choice) => (
          <option key={String(choice)} value={String(choice)}>
            {String(choice)}
          </option>
        ))}
      </select>
    )
  if (kind === 'list' || kind === 'json')
    return (
      <textarea
        {...told}
        className={`min-h-16 py-1 font-mono text-xs ${FIELD}`}
        onChange={(event) => onChange(event.target.value)}
        placeholder={kind === 'list' ? 'one per line' : 'JSON'}
        spellCheck={false}
        value={value}
      />
    )
  return (
    <>
      <input
        {...told}
        autoComplete="off"
        className={`h-8 ${FIELD}`}
        inputMode={kind === 'number' ? 'numeric' : undefined}
        list={suggest.length === 0 ? undefined : `${told.id}-suggest`}
        onChange={(event) => onChange(event.target.value)}
        placeholder={hint}
        spellCheck={false}
        value={value}
      />
      {suggest.length === 0 ? null : (
        <datalist id={`${told.id}-suggest`}>
          {suggest.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
    </>
  )
}
