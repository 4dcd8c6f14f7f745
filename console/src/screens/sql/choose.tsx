import { type FormEvent, type ReactElement, useId, useState } from 'react'
import { useRead } from '../../data/read.js'
import { Button } from '../../parts/button.js'
import { Empty } from '../../parts/empty.js'
import { FIELD } from '../../parts/fields.js'
import { PageHead } from '../../parts/page.js'

const MOST = 8

/** A statement runs in the scope of one tenant, so the first question is whose. */
export function ChooseTenant({ onChoose }: { readonly onChoose: (tenant: string) => void }): ReactElement {
  const [text, setText] = useState('')
  const list = useId()
  const { output } = useRead('tenant.list', { limit: MOST, sort: 'slug', ...(text.trim() === '' ? {} : { search: text.trim() }) })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (text.trim() !== '') onChoose(text.trim())
  }
  return (
    <>
      <PageHead says="One statement at a time, in the scope of one tenant." title="SQL" />
      <Empty
        icon="terminal"
        says="It sees what the application of this tenant sees, and nothing of any other."
        step={
          <form className="flex gap-1" onSubmit={submit}>
            <input
              aria-label="Tenant"
              autoComplete="off"
              className={`h-7 w-56 ${FIELD}`}
              list={list}
              onChange={(event) => setText(event.target.value)}
              placeholder="acme"
              spellCheck={false}
              value={text}
            />
            <datalist id={list}>
              {output?.data.map(({ id, slug }) => (
                <option key={id} value={slug} />
              ))}
            </datalist>
            <Button look="main" type="submit">
              Open
            </Button>
          </form>
        }
        title="Which tenant?"
      />
    </>
  )
}
