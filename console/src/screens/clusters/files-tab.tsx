import { type FormEvent, type ReactElement, useState } from 'react'
import { useMay } from '../../data/may.js'
import { useRead } from '../../data/read.js'
import { Button } from '../../parts/button.js'
import { Copy } from '../../parts/copy.js'
import { download } from '../../parts/download.js'
import { Trouble } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { FIELD } from '../../parts/fields.js'

export const FILES = ['postgresql', 'pg_hba', 'pgbouncer'] as const
export type FileName = (typeof FILES)[number]

/** Files for the server and the pooler: TLS, SCRAM, and who may come in. No secret is in them. */
export function FilesTab({
  cluster,
  file,
  onFile,
}: {
  readonly cluster: string
  readonly file: FileName
  readonly onFile: (file: FileName) => void
}): ReactElement {
  const [applications, setApplications] = useState('')
  const [text, setText] = useState('')
  const refused = useMay('cluster.config')
  const input = { cluster, file, ...(file === 'pg_hba' && applications !== '' ? { applications } : {}) }
  const { output, fault, again } = useRead('cluster.config', input, { enabled: refused === undefined, keep: false })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setApplications(text.trim())
  }
  if (refused !== undefined) return <p className="rounded-md bg-warn-wash p-3 text-warn">{refused}</p>
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <label className="flex items-center gap-1.5">
          File
          <select className={`h-7 ${FIELD}`} onChange={(event) => onFile(event.target.value as FileName)} value={file}>
            {FILES.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        {file === 'pg_hba' ? (
          <form className="flex items-center gap-1.5" onSubmit={submit}>
            <label className="flex items-center gap-1.5">
              Applications come from
              <input
                className={`h-7 w-56 ${FIELD}`}
                onChange={(event) => setText(event.target.value)}
                placeholder="10.1.0.0/16,10.2.0.7"
                spellCheck={false}
                value={text}
              />
            </label>
            <Button type="submit">Write</Button>
          </form>
        ) : null}
        {output === undefined ? null : (
          <span className="ml-auto flex gap-1">
            <Copy label={`Copy ${output.name}`} text={output.text} />
            <Button icon="download" onClick={() => download(output.name, output.text, 'text/plain')}>
              {output.name}
            </Button>
          </span>
        )}
      </div>
      {fault === undefined ? null : <Trouble again={again} error={fault} />}
      {output === undefined ? null : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is to be reached by the keyboard
        <section aria-label={output.name} className="max-h-[60vh] overflow-auto rounded-lg border border-line bg-card p-3" tabIndex={0}>
          <pre className="font-mono text-xs leading-5">{output.text}</pre>
        </section>
      )}
      <EquivalentOf input={input} name="cluster.config" />
    </div>
  )
}
