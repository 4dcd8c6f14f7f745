import { isDeepStrictEqual } from 'node:util'
import { parse, type ScanToken, scan } from 'libpg-query'
import { REFUSED_EXTENSIONS } from '../../kernel/extensions.js'
import type { Node } from '../statements.js'

export interface Mended {
  readonly text: string
  /** What was changed, each with its line. */
  readonly mended: readonly { readonly line: number; readonly says: string }[]
  /** Extensions whose `create extension` was taken out. */
  readonly extensions: readonly string[]
  /** Its indexes are built outside of a transaction. */
  readonly outside: boolean
}

interface Edit {
  readonly start: number
  readonly end: number
  readonly by: string
}

interface Raw {
  readonly kind: string
  readonly node: Node
  readonly tokens: readonly ScanToken[]
  /** Where it ends, with its semicolon. */
  readonly end: number
}

/**
 * Changes what can be changed without a thought: takes out a transaction around the whole, `create extension` and the schema `public`, and the
 * qualifier `public.` by its tokens. Line ends stay, so that lines keep their numbers. A statement whose tree would become another one than the same
 * without `public` is left as it is. An up section of nothing but concurrent indexes runs outside of a transaction, in a form that may run twice; a down
 * section is a transaction, where they are dropped plainly. The text must parse.
 */
export async function mend(text: string, section: 'up' | 'down'): Promise<Mended> {
  const bytes = Buffer.from(text)
  const statements = await rawStatements(text, bytes)
  const [edits, mended, extensions]: [Edit[], { line: number; says: string }[], string[]] = [[], [], []]
  const lineOf = (at: number): number => bytes.subarray(0, at).toString().split('\n').length
  const wrapped = isWrapped(statements)
  const outside = section === 'up' && statements.length > 0 && statements.every(isConcurrent)
  for (const [i, statement] of statements.entries()) {
    const { start } = statement.tokens[0]!
    const isWrapper = wrapped && (i === 0 || i === statements.length - 1)
    const gone = isWrapper ? 'the file is one transaction already' : needless(statement)
    if (gone !== undefined) {
      const written = bytes.subarray(start, statement.end).toString()
      edits.push({ start, end: statement.end, by: written.replace(/[^\n]/g, '') })
      mended.push({ line: lineOf(start), says: `took out \`${inOneLine(written)}\`: ${gone}` })
      if (statement.kind === 'CreateExtensionStmt') extensions.push(String(statement.node.extname))
      continue
    }
    const concurrently = isConcurrent(statement) ? reworded(statement, { outside, section }) : undefined
    if (concurrently !== undefined) {
      edits.push(concurrently.edit)
      mended.push({ line: lineOf(concurrently.edit.start), says: concurrently.says })
    }
    const unqualified = await withoutPublic(statement, bytes)
    if (unqualified.length === 0) continue
    edits.push(...unqualified)
    mended.push({
      line: lineOf(unqualified[0]!.start),
      says: `dropped \`public.\`${unqualified.length === 1 ? '' : ` ${unqualified.length} times`}`,
    })
  }
  return { text: edited(bytes, edits), mended, extensions, outside }
}

async function rawStatements(text: string, bytes: Buffer): Promise<readonly Raw[]> {
  const tokens = (await scan(text)).tokens.filter(({ tokenName }) => !tokenName.endsWith('COMMENT'))
  let at = 0
  return ((await parse(text)).stmts ?? []).map(({ stmt, stmt_location: from = 0, stmt_len: length }) => {
    const to = length === undefined || length === 0 ? bytes.length : from + length
    while (tokens[at] !== undefined && tokens[at]!.start < from) at++
    const first = at
    while (tokens[at] !== undefined && tokens[at]!.start < to) at++
    const own = tokens.slice(first, at)
    const next = tokens[at]
    const [kind, node] = Object.entries(stmt ?? {})[0] as [string, Node]
    return { kind, node, tokens: own, end: next?.text === ';' ? next.end : own.at(-1)!.end }
  })
}

/** Does the text begin with a plain `begin`, end with a plain `commit`, and hold no other such word? */
function isWrapped(statements: readonly Raw[]): boolean {
  const kinds = statements.map(({ kind, node }) => (kind === 'TransactionStmt' ? node : undefined))
  const [first, last] = [kinds[0], kinds.at(-1)]
  const plain = (node: Node | undefined, ...names: readonly string[]): boolean =>
    node !== undefined && names.includes(String(node.kind)) && node.options === undefined && node.chain === undefined
  return (
    kinds.filter((node) => node !== undefined).length === 2 &&
    plain(first, 'TRANS_STMT_BEGIN', 'TRANS_STMT_START') &&
    plain(last, 'TRANS_STMT_COMMIT')
  )
}

/** Why a statement is not needed in a home. */
function needless({ kind, node }: Raw): string | undefined {
  if (kind === 'CreateExtensionStmt' && !REFUSED_EXTENSIONS.test(String(node.extname)))
    return 'list the extension under `extensions` in tenantry.config.ts'
  if (kind === 'DropStmt' && node.removeType === 'OBJECT_EXTENSION') return 'extensions follow from tenantry.config.ts'
  if (kind === 'CreateSchemaStmt' && node.schemaname === 'public' && node.schemaElts === undefined) return 'a home is a schema of its own'
  return undefined
}

const isConcurrent = ({ kind, node }: Raw): boolean => node.concurrent === true && (kind === 'IndexStmt' || kind === 'DropStmt')

/** The word that lets it run twice, or the one less that lets it run in a transaction. */
function reworded(
  { kind, node, tokens }: Raw,
  { outside, section }: { readonly outside: boolean; readonly section: 'up' | 'down' },
): { readonly edit: Edit; readonly says: string } | undefined {
  const word = tokens.find(({ text }) => text.toLowerCase() === 'concurrently')!
  if (section === 'down') {
    const next = tokens[tokens.indexOf(word) + 1]!
    return { edit: { start: word.start, end: next.start, by: '' }, says: 'took out `concurrently`: what takes back runs in a transaction' }
  }
  const twice = kind === 'DropStmt' ? 'if exists' : 'if not exists'
  if (!outside || node.if_not_exists === true || node.missing_ok === true || (kind === 'IndexStmt' && node.idxname === undefined))
    return undefined
  return {
    edit: { start: word.end, end: word.end, by: ` ${twice}` },
    says: `wrote \`${twice}\`: it runs outside of a transaction, and may run twice`,
  }
}

async function withoutPublic({ tokens }: Raw, bytes: Buffer): Promise<readonly Edit[]> {
  const edits: Edit[] = []
  tokens.forEach((token, i) => {
    const [dot, name] = [tokens[i + 1], tokens[i + 2]]
    const isPublic = token.tokenName === 'IDENT' && (token.text === '"public"' || token.text.toLowerCase() === 'public')
    if (!isPublic || tokens[i - 1]?.text === '.' || dot?.text !== '.' || name === undefined) return
    // Behind a dot any word is a name; alone it may be a key word.
    const quoted = name.keywordName === 'NO_KEYWORD' ? undefined : `"${name.text.toLowerCase()}"`
    edits.push({ start: token.start, end: quoted === undefined ? name.start : name.end, by: quoted ?? '' })
  })
  if (edits.length === 0) return []
  const [from, to] = [tokens[0]!.start, tokens.at(-1)!.end]
  const before = bytes.subarray(from, to)
  const after = edited(
    before,
    edits.map((edit) => ({ ...edit, start: edit.start - from, end: edit.end - from })),
  )
  const tree = async (text: string): Promise<unknown> => unqualified((await parse(text)).stmts?.[0]?.stmt)
  const [was, is] = [await tree(before.toString()), await tree(after).catch(() => undefined)]
  return is !== undefined && isDeepStrictEqual(was, is) ? edits : []
}

const PLACES = new Set(['location', 'list_start', 'list_end', 'rexpr_list_start', 'rexpr_list_end'])

/** A syntax tree with neither places nor the schema `public`. */
function unqualified(node: unknown): unknown {
  if (Array.isArray(node)) {
    const [first] = node as readonly { readonly String?: { readonly sval?: string } }[]
    const rest = first?.String?.sval === 'public' && node.length > 1 ? node.slice(1) : node
    return rest.map((child) => unqualified(child))
  }
  if (typeof node !== 'object' || node === null) return node
  const kept = Object.entries(node).filter(([key, value]) => !PLACES.has(key) && !(key === 'schemaname' && value === 'public'))
  return Object.fromEntries(kept.map(([key, value]) => [key, unqualified(value)]))
}

function edited(bytes: Buffer, edits: readonly Edit[]): string {
  const parts: Buffer[] = []
  let at = 0
  for (const { start, end, by } of [...edits].sort((a, b) => a.start - b.start)) {
    parts.push(bytes.subarray(at, start), Buffer.from(by))
    at = end
  }
  return Buffer.concat([...parts, bytes.subarray(at)]).toString()
}

const inOneLine = (text: string): string => {
  const plain = text.replace(/\s+/g, ' ').trim()
  return plain.length > 80 ? `${plain.slice(0, 79)}…` : plain
}
