import { z } from 'zod'
import { kebab } from '../../src/cli/kebab.js'
import { commandOf } from '../../src/cli/overview.js'
import type { AnyOperation } from '../../src/engine/operation.js'

export interface InputField {
  readonly name: string
  readonly required: boolean
  readonly description: string | undefined
  /** The flag that the command line has for it, with what a value looks like. */
  readonly flag: string
  readonly preset: unknown
}

interface JsonSchema {
  readonly type?: string
  readonly enum?: readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
}

const schemaOf = (type: z.ZodType, io: 'input' | 'output'): JsonSchema => z.toJSONSchema(type, { io, unrepresentable: 'any' }) as JsonSchema

export function inputFields(operation: Pick<AnyOperation, 'input'>): readonly InputField[] {
  const { properties = {}, required = [] } = schemaOf(operation.input, 'input')
  return Object.entries(properties).map(([name, field]) => ({
    name,
    required: required.includes(name),
    description: field.description,
    flag: flagOf(name, field),
    preset: field.default,
  }))
}

function flagOf(name: string, field: JsonSchema): string {
  if (field.type === 'boolean') return `--${field.default === true ? 'no-' : ''}${kebab(name)}`
  return `--${kebab(name)} <${field.enum?.join('|') ?? kebab(name)}>`
}

/** Names of the output's fields; of one row when the output is a list. */
export function outputFields(operation: Pick<AnyOperation, 'output'>): readonly string[] {
  const { properties = {} } = schemaOf(operation.output, 'output')
  const rows = (properties.data as { readonly items?: JsonSchema } | undefined)?.items
  return Object.keys(rows?.properties ?? properties)
}

export function usageOf(operation: AnyOperation): string {
  const positionals: readonly string[] = operation.words.positionals ?? []
  const fields = inputFields(operation)
  const given = positionals.map((name) =>
    fields.some((field) => field.name === name && field.required) ? `<${kebab(name)}>` : `[${kebab(name)}]`,
  )
  const flags = fields
    .filter(({ name }) => !positionals.includes(name))
    .map(({ required, flag }) => (required && flag.includes('<') ? flag : `[${flag}]`))
  return ['tenantry', commandOf(operation.name), ...given, ...flags].join(' ')
}

/** docs/operations.md */
export function operationsPage(operations: readonly AnyOperation[]): string {
  const nouns = [...new Set(operations.map(({ name }) => name.split('.')[0]!))].sort()
  const sections = nouns.map((noun) => {
    const own = operations.filter(({ name }) => name.startsWith(`${noun}.`))
    return [`## ${noun}`, ...own.map(operationSection)].join('\n\n')
  })
  return `# Operations

Each operation is declared once; its command, its HTTP route, who may run it and this page come from the declaration. Faults are described in
[faults.md](faults.md). Besides those listed, every operation may answer \`INPUT_INVALID\`, and every route the faults of the API key; what is no read \`VERSION_SKEW\`, where the catalog
is newer than whoever answers; and what is journaled (in steps or in one transaction) \`DISK_FULL\`, where the catalog's disk is.

This page is made from \`src/operations/\`.

${sections.join('\n\n')}
`
}

function operationSection(operation: AnyOperation): string {
  const { name, summary, http, access, faults, effect, kind, words } = operation
  const roles: readonly string[] = access.roles
  const facts = [
    `- HTTP: ${http === undefined ? 'none' : `\`${http}\``}`,
    `- Roles: ${roles.length === 0 ? 'none over HTTP; on the command line whoever holds the catalog' : [...roles].sort().join(', ')}${stronger(operation)}${access.onlySession === true ? '; only signed in, not with a key' : ''}${access.lasting === true ? '; not by [broken glass](people.md#breaking-glass)' : ''}`,
    `- Effect: ${effect}${kind === 'steps' ? ', journaled in steps' : kind === 'change' ? ', one transaction' : ''}${words.confirm === undefined ? '' : `; asks first: ${words.confirm}`}`,
    `- Faults: ${
      faults.length === 0
        ? 'none of its own'
        : [...(faults as readonly string[])]
            .sort()
            .map((code) => `[\`${code}\`](faults.md#${code.toLowerCase()})`)
            .join(', ')
    }`,
  ]
  const fields = inputFields(operation)
  const table = ['| input | | |', '|---|---|---|', ...fields.map(fieldLine)]
  return [
    `### ${name}`,
    summary,
    `\`\`\`sh\n${usageOf(operation)}\n\`\`\``,
    facts.join('\n'),
    ...(fields.length === 0 ? [] : [table.join('\n')]),
  ].join('\n\n')
}

const stronger = ({ access }: AnyOperation): string =>
  Object.entries(access.stronger ?? {})
    .map(([field, roles]) => `; \`${field}\` only for ${[...roles].sort().join(', ')}`)
    .join('')

function fieldLine({ name, required, description, preset }: InputField): string {
  const need = required ? 'required' : preset === undefined ? 'optional' : `default \`${String(preset)}\``
  return `| \`${name}\` | ${need} | ${(description ?? '').replaceAll('|', '\\|')} |`
}
