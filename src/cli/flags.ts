import { readFileSync } from 'node:fs'
import { Command, CommanderError, Option } from 'commander'
import { z } from 'zod'
import type { AnyOperation } from '../engine/operation.js'
import { fault } from '../kernel/faults.js'
import { didYouMean } from '../kernel/suggest.js'
import type { Io } from './io.js'
import { kebab } from './kebab.js'
import { commandOf } from './overview.js'
import { FORMATS, type Format } from './print-output.js'

/** Flags that every command has. */
export interface GlobalFlags {
  readonly config: string | undefined
  readonly format: Format
  readonly yes: boolean
  /** False with --no-input: nothing may be asked. */
  readonly input: boolean
}

interface Field {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly items?: Field
  /** The text of a file, named on the command line. */
  readonly contentMediaType?: string
}

const GLOBAL_GROUP = 'Flags of every command:'

/** A command that throws instead of leaving the process, with the flags that every command has. */
export function newCommand(name: string, summary: string, io: Io): Command {
  return new Command(`tenantry ${name}`)
    .description(summary)
    .exitOverride()
    .allowExcessArguments(false)
    .configureOutput({ writeOut: (text) => void io.stdout.write(text), writeErr: () => {}, getOutHelpWidth: () => 120 })
    .configureHelp({ styleUsage: (text) => text.replace('[options]', '[flags]') })
    .addHelpOption(new Option('-h, --help', 'describe the command').helpGroup(GLOBAL_GROUP))
    .optionsGroup('Flags:')
}

/** Parses; undefined when help was asked for and has been printed. Throws INPUT_INVALID. */
export function parseFlags(command: Command, args: readonly string[]): GlobalFlags | undefined {
  command
    .optionsGroup(GLOBAL_GROUP)
    .option('--config <path>', 'the configuration (default: tenantry.config.ts, or TENANTRY_CONFIG)')
    .option('-o, --output <format>', `${FORMATS.join(', ')} (default: table)`)
    .option('--json', 'the same as --output json')
    .option('--yes', 'confirm what asks for it')
    .option('--no-input', 'never ask')
  if (args.some((word) => word.startsWith('-') && word.length > LONGEST_ARGUMENT))
    throw fault('INPUT_INVALID', { issues: [`an argument that begins with "-" has more than ${LONGEST_ARGUMENT} characters`] })
  try {
    command.parse([...args], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.code === 'commander.helpDisplayed') return undefined
    const valued =
      error.code === 'commander.unknownOption'
        ? args.map((word) => word.split('=')).find(([name, value]) => value !== undefined && isSwitch(command, name!))
        : undefined
    throw fault('INPUT_INVALID', { issues: [valued === undefined ? inOneLine(error.message) : `the flag ${valued[0]} takes no value`] })
  }
  const { config, output, json, yes, input } = command.opts<{
    config?: string
    output?: string
    json?: boolean
    yes?: boolean
    input: boolean
  }>()
  if (output !== undefined && !(FORMATS as readonly string[]).includes(output)) {
    throw fault('INPUT_INVALID', { issues: [`--output: must be one of ${FORMATS.join(', ')}${didYouMean(output, FORMATS)}`] })
  }
  if (json === true && output !== undefined && output !== 'json') {
    throw fault('INPUT_INVALID', { issues: [`--json and --output ${output} contradict each other`] })
  }
  return { config, format: json === true ? 'json' : ((output as Format | undefined) ?? 'table'), yes: yes === true, input }
}

/** With a = behind it, it would be called unknown, and send somebody looking for a slip of the pen. */
const isSwitch = (command: Command, name: string): boolean =>
  command.options.some((option) => option.long === name && !option.required && !option.optional)

// A regular expression that goes back over megabytes runs out of stack where V8 has ceased to optimize, as it does in
// a process that has compiled many of them; and commander matches what looks like a flag. Linux passes on no argument as long.
const LONGEST_ARGUMENT = 131_072
const LONGEST_NUMBER = 60
const LONGEST_QUOTED = 60

const cut = (text: string): string => (text.length > LONGEST_QUOTED ? `${text.slice(0, LONGEST_QUOTED)}…` : text)

// What stands behind an unknown flag's = may be a secret.
const inOneLine = (message: string): string =>
  message
    .split("'")
    .map(cut)
    .join("'")
    .replace(/^error: /, '')
    .replace(/\boption\b/, 'flag')
    .replace(/'(--?[^=']+)=[^']*'/, "'$1'")
    .replace(/\n\(Did you mean (.+)\?\)/, '; did you mean $1?')

export interface ParsedCommand {
  readonly globals: GlobalFlags
  readonly input: Readonly<Record<string, unknown>>
  /** Exit with 8 when something is pending. */
  readonly exitCode: boolean
  /** The values of the flags that only the command line has. */
  readonly own: Readonly<Record<string, unknown>>
}

/** What a command has beside its operation. */
export interface CommandExtras {
  /** Flags that the operation does not know. */
  readonly flags?: readonly (readonly [flags: string, description: string])[]
  /** Fields that may be missing here, since the command finds them elsewhere. */
  readonly optional?: readonly string[]
}

/** An operation's input from the command line: its flags are the fields of its input. Undefined when help was asked for. Throws INPUT_INVALID. */
export function parseOperation(
  definition: AnyOperation,
  args: readonly string[],
  io: Io,
  { flags = [], optional = [] }: CommandExtras = {},
): ParsedCommand | undefined {
  const described = z.toJSONSchema(definition.input, { io: 'input', unrepresentable: 'any' }) as {
    properties?: Record<string, Field>
    required?: string[]
  }
  const fields = Object.entries(described.properties ?? {})
  const required = new Set((described.required ?? []).filter((name) => !optional.includes(name)))
  const positionals: readonly string[] = definition.words.positionals ?? []
  const command = newCommand(commandOf(definition.name), definition.summary, io)
  const options = new Map<string, { readonly option: Option; readonly field: Field }>()
  for (const name of positionals) {
    const field = described.properties?.[name] ?? {}
    command.argument(required.has(name) ? `<${kebab(name)}>` : `[${kebab(name)}]`, describe(field))
  }
  for (const [name, field] of fields) {
    if (positionals.includes(name)) continue
    const option = new Option(flagsOf(name, field), describeFlag(definition, name, field, required.has(name))).makeOptionMandatory(
      required.has(name) && field.type !== 'boolean',
    )
    options.set(name, { option, field })
    command.addOption(option)
  }
  const own = flags.map(([text, description]) => new Option(text, description))
  for (const option of own) command.addOption(option)
  const shape: object = definition.output?.shape ?? {}
  const showsPending = 'pending' in shape || 'pendingHomes' in shape
  if (showsPending) command.option('--exit-code', 'exit with 8 when something is pending')

  const globals = parseFlags(command, args)
  if (globals === undefined) return undefined
  const input: Record<string, unknown> = {}
  for (const [index, name] of positionals.entries()) {
    const value = command.processedArgs[index] as string | undefined
    if (value !== undefined) input[name] = read(value, described.properties?.[name] ?? {})
  }
  for (const [name, { option, field }] of options) {
    const value = command.getOptionValue(option.attributeName()) as unknown
    if (value !== undefined && command.getOptionValueSource(option.attributeName()) !== 'default') input[name] = read(value, field)
  }
  checkInput(definition, input, positionals, optional)
  return {
    globals,
    input,
    exitCode: showsPending && command.getOptionValue('exitCode') === true,
    own: Object.fromEntries(own.map((option) => [option.attributeName(), command.getOptionValue(option.attributeName())])),
  }
}

function flagsOf(name: string, field: Field): string {
  const flag = kebab(name)
  if (field.type === 'boolean') return field.default === true ? `--no-${flag}` : `--${flag}`
  return field.type === 'array' ? `--${flag} <${flag}...>` : `--${flag} <${flag}>`
}

function describeFlag({ words }: AnyOperation, name: string, field: Field, required: boolean): string {
  const negated: Readonly<Record<string, string | undefined>> = words.negated ?? {}
  return flagsOf(name, field).startsWith('--no-') ? (negated[name] ?? `Turns off: ${describe(field)}`) : describe(field, required)
}

function describe(field: Field, required = false): string {
  const choices = field.enum ?? field.items?.enum
  const notes = [
    required ? 'required' : '',
    choices === undefined ? '' : `choices: ${choices.join(', ')}`,
    field.default === undefined || field.default === '' || typeof field.default === 'boolean'
      ? ''
      : `default: ${JSON.stringify(field.default).replace(/^"|"$/g, '')}`,
  ].filter((note) => note !== '')
  return [field.description ?? '', notes.length === 0 ? '' : `(${notes.join('; ')})`].join(' ').trim()
}

function read(value: unknown, field: Field): unknown {
  if (field.contentMediaType !== undefined) return readText(String(value))
  if (field.type !== 'integer' && field.type !== 'number') return value
  return typeof value === 'string' && value.length <= LONGEST_NUMBER && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw fault('INPUT_INVALID', { issues: [`the file ${path} cannot be read`] })
  }
}

/** The operation's own rules, with issues in the words of the command line. The engine checks again; here nothing is connected yet. */
function checkInput(
  definition: AnyOperation,
  input: Readonly<Record<string, unknown>>,
  positionals: readonly string[],
  optional: readonly string[],
): void {
  const parsed = definition.input.safeParse(input)
  if (parsed.success) return
  const wrong = parsed.error.issues.filter(({ path: [field] }: z.core.$ZodIssue) => !isMissing(field, input, optional))
  if (wrong.length === 0) return
  const issues = wrong.map((issue: z.core.$ZodIssue) => {
    const [field] = issue.path
    if (field === undefined) return issue.message
    const name = positionals.includes(String(field)) ? `<${kebab(String(field))}>` : `--${kebab(String(field))}`
    return `${name}: ${issueText(issue, input[String(field)])}`
  })
  throw fault('INPUT_INVALID', { issues })
}

const isMissing = (field: PropertyKey | undefined, input: Readonly<Record<string, unknown>>, optional: readonly string[]): boolean =>
  optional.includes(String(field)) && input[String(field)] === undefined

function issueText(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === 'invalid_value') {
    const choices = issue.values.map(String)
    return `must be one of ${choices.join(', ')}${didYouMean(String(value), choices)}`
  }
  if (issue.code === 'invalid_type' && (issue.expected === 'number' || issue.expected === 'int')) return 'must be a whole number'
  if (issue.code === 'too_small' || issue.code === 'too_big') {
    const [word, bound] = issue.code === 'too_small' ? ['at least', issue.minimum] : ['at most', issue.maximum]
    return issue.origin === 'string' ? `must have ${word} ${bound} characters` : `must be ${word} ${bound}`
  }
  return issue.message
}
