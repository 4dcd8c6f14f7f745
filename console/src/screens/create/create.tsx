import { type FormEvent, type ReactElement, useState } from 'react'
import { useInputSchema } from '../../data/document.js'
import { useRead } from '../../data/read.js'
import { useChange } from '../../data/run.js'
import { type FormValues, fieldsOf, readForm } from '../../data/schema-fields.js'
import { Button } from '../../parts/button.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { FailureNote } from '../../parts/failure-note.js'
import { Fields } from '../../parts/fields.js'
import { useLeft } from '../../parts/left.js'
import { PageHead, Panel } from '../../parts/page.js'
import { Loading } from '../../parts/pending.js'
import { useAddress, useGo } from '../../shell/address.js'
import { Progress } from './progress.js'

const readOperation = (search: Readonly<Record<string, string>>): string => search.operation ?? ''

/** A new tenant: its form, and then how far it is. Which operation it is stands in the address, so that a reload goes on to show it. */
export function Screen(): ReactElement {
  const { filter: operation, set } = useAddress(readOperation)
  const navigate = useGo()
  const open = (slug: string, tab?: string) =>
    navigate('/tenants/$tenant', { params: { tenant: slug }, ...(tab === undefined ? {} : { search: { tab } }) })
  return (
    <div className="mx-auto flex max-w-2xl flex-col gap-4">
      <PageHead title="New tenant" />
      {operation === '' ? (
        <Form onAccepted={(id) => set({ operation: id })} onMade={(slug) => open(slug)} />
      ) : (
        <Progress onAnother={() => set({ operation: undefined })} onOpen={open} operation={operation} />
      )}
    </div>
  )
}

function Form({
  onAccepted,
  onMade,
}: {
  readonly onAccepted: (operation: string) => void
  readonly onMade: (slug: string) => void
}): ReactElement {
  const { schema, fault } = useInputSchema('tenant.create')
  const { output: clusters } = useRead('cluster.list', {})
  const { output: tiers } = useRead('tier.list', {})
  const [values, setValues] = useState<FormValues>({})
  const [shown, setShown] = useState(false)
  const { run, running, failure } = useChange('tenant.create')
  const left = useLeft()
  const fields = fieldsOf(schema ?? {}).toSorted((a, b) => Number(b.required) - Number(a.required))
  const { input, issues } = readForm(fields, values)
  const slug = typeof input.slug === 'string' ? input.slug : ''
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setShown(true)
    if (schema === undefined || running || Object.keys(issues).length > 0) return
    const outcome = await run(
      { ...input, slug },
      {
        title: `Create ${slug}`,
        quiet: true,
        onAccepted: (operation) => {
          if (left.current) return
          left.current = true
          onAccepted(operation)
        },
      },
    )
    // What was taken from the stock is there at once.
    if (outcome.ok && !left.current) onMade(outcome.output?.slug ?? slug)
  }
  if (schema === undefined) return fault === undefined ? <Loading /> : <FailureNote failure={fault} />
  return (
    <form className="flex flex-col gap-4" noValidate onSubmit={submit}>
      <Panel title="What it is">
        <Fields
          fields={fields}
          focus
          issues={shown ? issues : {}}
          onChange={setValues}
          suggest={{
            cluster: clusters?.data.filter(({ state }) => state === 'live').map(({ name }) => name) ?? [],
            tier: tiers?.data.map(({ name }) => name) ?? [],
          }}
          values={values}
        />
      </Panel>
      {failure === undefined ? null : <FailureNote failure={failure} />}
      <EquivalentOf input={{ slug: 'acme', ...input }} name="tenant.create" />
      <div className="flex justify-end">
        <Button look="main" of="tenant.create" refused={running ? 'It is under way' : undefined} type="submit">
          {running ? 'Creating …' : 'Create'}
        </Button>
      </div>
    </form>
  )
}
