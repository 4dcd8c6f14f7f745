import { type ReactElement, type ReactNode, useState } from 'react'
import { DECLARATIONS, type InputOf, type OutputOf } from 'tenantry/api'
import { useInputSchema } from '../data/document.js'
import { useMay } from '../data/may.js'
import type { OperationName } from '../data/names.js'
import { useChange } from '../data/run.js'
import { type FormValues, fieldsOf, readForm } from '../data/schema-fields.js'
import { Button } from './button.js'
import { Confirm } from './confirm.js'
import { EquivalentOf } from './equivalent.js'
import { FailureNote } from './failure-note.js'
import { Fields } from './fields.js'
import { useLeft } from './left.js'

export interface DeedProps<Name extends OperationName> {
  readonly name: Name
  readonly title: string
  readonly verb: string
  readonly says: ReactNode
  /** What the page knows already: it is not asked for. */
  readonly fixed: Partial<InputOf<Name>>
  /** The only fields that are asked for; by default all that are not fixed. */
  readonly ask?: readonly (keyof InputOf<Name> & string)[]
  /** Fields that it cannot do without here, whatever its declaration says. */
  readonly require?: readonly (keyof InputOf<Name> & string)[]
  readonly initial?: FormValues
  readonly suggest?: Readonly<Record<string, readonly string[]>>
  /** Has to be typed in before. */
  readonly types?: string | undefined
  readonly danger?: boolean
  /** The version of what is shown. */
  readonly ifMatch?: string | undefined
  /** Shows what it is by now, where it has changed since. */
  readonly onStale?: (() => void) | undefined
  /** The dialog closes as soon as it is journaled, and the messages of the page tell the rest. */
  readonly detach?: boolean
  /** Its answer is told once: the dialog stays until it is there. */
  readonly waits?: boolean
  /** It is certain that it will be done: it is journaled, or done. Not told to whoever has left before. */
  readonly onBegun?: (() => void) | undefined
  /** Told only while the dialog is open: whoever has left it may be anywhere, with something else before them. */
  readonly onDone?: ((output: OutputOf<Name>) => void) | undefined
  readonly onClose: () => void
}

/** Asks for what an operation needs, runs it, and says how it went: the form is that of its declaration. */
export function Deed<Name extends OperationName>(props: DeedProps<Name>): ReactElement {
  const {
    name,
    title,
    verb,
    says,
    fixed,
    ask,
    require = [],
    initial = {},
    suggest,
    types,
    danger,
    ifMatch,
    onStale,
    detach = false,
    waits = false,
    onBegun,
    onDone,
    onClose,
  } = props
  // Whether it takes a confirmation, its schema says, also where nothing is asked for.
  const formed = ask?.length !== 0 || (types !== undefined && DECLARATIONS[name].effect === 'destroy')
  const schema = useInputSchema(name, formed)
  const [values, setValues] = useState<FormValues>(initial)
  const [shown, setShown] = useState(false)
  const { run, running, failure, clear } = useChange(name)
  const fields = fieldsOf(schema.schema ?? {}, Object.keys(fixed))
    .filter((field) => field.name !== 'confirm' && (ask === undefined || (ask as readonly string[]).includes(field.name)))
    .map((field) => ((require as readonly string[]).includes(field.name) ? { ...field, required: true } : field))
    .toSorted((a, b) => Number(b.required) - Number(a.required))
  const { input: typed, issues } = readForm(fields, values)
  const confirms = DECLARATIONS[name].effect === 'destroy' && types !== undefined && schema.schema?.properties?.confirm !== undefined
  const input = { ...fixed, ...typed, ...(confirms ? { confirm: types } : {}) } as InputOf<Name>
  const may = useMay(name, input as Readonly<Record<string, unknown>>)
  const left = useLeft()
  const leave = () => {
    if (left.current) return
    left.current = true
    onBegun?.()
    onClose()
  }
  const go = async () => {
    setShown(true)
    if (Object.keys(issues).length > 0) return
    const outcome = await run(input, { title, ifMatch, ...(detach ? { onAccepted: leave } : {}) })
    if (!outcome.ok || left.current) return
    onDone?.(outcome.output)
    leave()
  }
  return (
    <Confirm
      busy={running}
      danger={danger ?? false}
      onClose={onClose}
      onGo={go}
      refused={may ?? (schema.schema === undefined && formed ? 'The form is on its way' : undefined)}
      says={says}
      title={title}
      types={types}
      verb={verb}
      waits={waits}
    >
      {schema.fault === undefined ? null : <FailureNote failure={schema.fault} />}
      {fields.length === 0 ? null : (
        <Fields
          fields={fields}
          focus
          issues={shown ? issues : {}}
          onChange={setValues}
          suggest={suggest ?? {}}
          values={values}
          // What changes something leaves alone whatever is not given.
          {...(name.endsWith('.set') ? { unset: 'as it is' } : {})}
        />
      )}
      {failure === undefined ? null : (
        <FailureNote failure={failure}>
          {failure.code === 'PRECONDITION_FAILED' && onStale !== undefined ? (
            <Button
              icon="refresh"
              onClick={() => {
                clear()
                onStale()
              }}
            >
              Show what it is now
            </Button>
          ) : null}
        </FailureNote>
      )}
      <EquivalentOf input={input} name={name} />
    </Confirm>
  )
}
