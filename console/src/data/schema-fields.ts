/** What of JSON Schema the inputs of operations use. */
export interface Schema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly items?: Schema
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: string
  readonly maxItems?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
}

export interface FormField {
  readonly name: string
  readonly label: string
  readonly help: string
  readonly kind: 'text' | 'number' | 'switch' | 'choice' | 'list' | 'json'
  readonly required: boolean
  /** What holds where nothing is given. */
  readonly preset: unknown
  readonly schema: Schema
}

/** What is typed in: a text, or for a switch a yes or no. */
export type FormValues = Readonly<Record<string, string | boolean>>

/** The fields of an input, in the order of its declaration. `leave` names those that the page asks for elsewhere. */
export function fieldsOf(schema: Schema, leave: readonly string[] = []): readonly FormField[] {
  return Object.entries(schema.properties ?? {})
    .filter(([name]) => !leave.includes(name))
    .map(([name, field]) => ({
      name,
      label: labelOf(name),
      help: field.description ?? '',
      kind: kindOf(field),
      required: schema.required?.includes(name) ?? false,
      preset: field.default,
      schema: field,
    }))
}

/** `statementTimeoutMs` as people read it: `Statement timeout (ms)`. */
export function labelOf(name: string): string {
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return `${words[0]!.toUpperCase()}${words.slice(1)}`.replace(/ ms$/, ' (ms)')
}

function kindOf(schema: Schema): FormField['kind'] {
  if (schema.enum !== undefined) return 'choice'
  if (schema.type === 'boolean') return 'switch'
  if (schema.type === 'integer' || schema.type === 'number') return 'number'
  if (schema.type === 'string') return 'text'
  return schema.type === 'array' && (schema.items?.type === 'string' || schema.items?.enum !== undefined) ? 'list' : 'json'
}

export interface FormRead {
  /** Only what was given, and differs from what holds anyhow. */
  readonly input: Readonly<Record<string, unknown>>
  /** What is wrong, by field. */
  readonly issues: Readonly<Record<string, string>>
}

/** What the form says, and what is wrong with it. The server judges again: this is so that nobody has to wait for it. */
export function readForm(fields: readonly FormField[], values: FormValues): FormRead {
  const [input, issues]: [Record<string, unknown>, Record<string, string>] = [{}, {}]
  for (const field of fields) {
    const read = readField(field, values[field.name])
    if (read.issue !== undefined) issues[field.name] = read.issue
    else if (read.value !== undefined && read.value !== field.preset) input[field.name] = read.value
  }
  return { input, issues }
}

function readField(field: FormField, value: string | boolean | undefined): { readonly value?: unknown; readonly issue?: string } {
  const { kind, schema, required } = field
  if (kind === 'switch') return { value: value === undefined ? undefined : value === true || value === 'true' }
  const text = typeof value === 'string' ? value.trim() : ''
  if (text === '') return required ? { issue: 'is needed' } : {}
  if (kind === 'text') return { value: text, ...issueOfText(schema, text) }
  if (kind === 'choice') return schema.enum!.includes(text) ? { value: text } : { issue: `must be one of ${schema.enum!.join(', ')}` }
  if (kind === 'number') return readNumber(schema, text)
  if (kind === 'list') {
    const lines = text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
    if (schema.maxItems !== undefined && lines.length > schema.maxItems) return { issue: `must have at most ${schema.maxItems} lines` }
    const wrong = lines.find((line) => issueOfText(schema.items ?? {}, line).issue !== undefined)
    return wrong === undefined ? { value: lines } : { issue: `"${wrong.slice(0, 40)}" ${issueOfText(schema.items ?? {}, wrong).issue}` }
  }
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return { issue: 'must be JSON' }
  }
}

function readNumber({ type, minimum, maximum }: Schema, text: string): { readonly value?: unknown; readonly issue?: string } {
  const value = Number(text)
  if (!Number.isFinite(value)) return { issue: 'must be a number' }
  if (type === 'integer' && !Number.isInteger(value)) return { issue: 'must be a whole number' }
  if (minimum !== undefined && value < minimum) return { issue: `must be at least ${minimum}` }
  if (maximum !== undefined && value > maximum) return { issue: `must be at most ${maximum}` }
  return { value }
}

function issueOfText({ minLength, maxLength, pattern, enum: choices }: Schema, text: string): { readonly issue?: string } {
  const { length } = [...text]
  if (minLength !== undefined && length < minLength) return { issue: `must have at least ${minLength} characters` }
  if (maxLength !== undefined && length > maxLength) return { issue: `must have at most ${maxLength} characters` }
  if (choices !== undefined && !choices.includes(text)) return { issue: `must be one of ${choices.join(', ')}` }
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(text)) return { issue: 'has characters that it cannot have' }
  return {}
}

/** The input of an operation as the OpenAPI document has it: the body, or the parameters of path and query. */
export function inputSchema(document: unknown, method: string, path: string): Schema {
  type Parameter = {
    readonly name?: string
    readonly in?: string
    readonly required?: boolean
    readonly schema?: Schema
    readonly description?: string
  }
  type Described = {
    readonly parameters?: readonly Parameter[]
    readonly requestBody?: { readonly content?: { readonly 'application/json'?: { readonly schema?: Schema } } }
  }
  const { paths } = document as { readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>> }
  const described = paths[path]?.[method.toLowerCase()] ?? {}
  const parameters = (described.parameters ?? []).filter((one) => one.in === 'path' || one.in === 'query')
  const body = described.requestBody?.content?.['application/json']?.schema
  const fields = parameters.map((one): [string, Schema] => [one.name!, { description: one.description ?? '', ...one.schema }])
  return {
    type: 'object',
    properties: { ...Object.fromEntries(fields), ...body?.properties },
    required: [...parameters.filter((one) => one.required === true).map((one) => one.name!), ...(body?.required ?? [])],
  }
}
