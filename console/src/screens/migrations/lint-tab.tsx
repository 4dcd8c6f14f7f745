import type { ReactElement } from 'react'
import type { OutputOf } from 'tenantry/api'
import { useRead } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Copy } from '../../parts/copy.js'
import { Empty, Trouble } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { countOf } from '../../parts/number-words.js'
import { Panel } from '../../parts/page.js'
import type { Tone } from '../../words/tone.js'

type Finding = OutputOf<'migrate.review'>['data'][number]

const TONES: Readonly<Record<Finding['severity'], Tone>> = { error: 'bad', warning: 'warn', advice: 'accent' }

/** What is wrong with the files that the server has, and what they would better say. */
export function LintTab(): ReactElement {
  const { output, fault, again } = useRead('migrate.review', {})
  if (output === undefined)
    return fault === undefined ? (
      <p className="text-soft" role="status">
        The files are read …
      </p>
    ) : (
      <Trouble again={again} error={fault} />
    )
  if (output.data.length === 0)
    return (
      <Empty
        command="tenantry migrate lint"
        icon="check"
        says={`${countOf(output.files, 'file')} judged.`}
        title="Nothing is to be said of them"
      />
    )
  return (
    <div className="flex flex-col gap-4">
      <p className="text-soft">
        {countOf(output.files, 'file')}: {countOf(output.errors, 'error')}, {countOf(output.warnings, 'warning')},{' '}
        {countOf(output.advice, 'advice', 'pieces of advice')}
      </p>
      {output.data.map((one) => (
        <Panel key={`${one.file}:${one.line} ${one.rule} ${one.what}`} title={`${one.file}:${one.line}`}>
          <div className="flex flex-col gap-2">
            <p className="flex flex-wrap items-center gap-2">
              <Badge tone={TONES[one.severity]}>{one.severity}</Badge>
              <code className="font-mono text-xs">{one.rule}</code>
              <span>{one.what}</span>
            </p>
            <p className="text-soft">{one.why}</p>
            {one.rewrite === '' ? null : (
              <div className="flex items-start gap-2">
                <code className="min-w-0 flex-1 rounded-md bg-hover p-2 font-mono text-xs break-all whitespace-pre-wrap">
                  {one.rewrite}
                </code>
                <Copy label="Copy the SQL that is safe" text={one.rewrite} />
              </div>
            )}
          </div>
        </Panel>
      ))}
      <EquivalentOf input={{}} name="migrate.review" />
    </div>
  )
}
