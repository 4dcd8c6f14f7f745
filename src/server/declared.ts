import type { Role } from '../catalog/keys.js'
import type { AnyOperation } from '../engine/operation.js'

/** The value of an input field, where others have these values if any are named, or a word. */
type Typed = { readonly field: string; readonly when?: Readonly<Record<string, unknown>> } | { readonly word: string }

/** What an operation declares beyond its fields and faults: `x-tenantry` in the OpenAPI document, and the client's DECLARATIONS. */
export interface DeclaredFacts {
  readonly effect: AnyOperation['effect']
  /** A `direct` one is not journaled, a `change` is one transaction, `steps` are resumed after a crash. */
  readonly kind: AnyOperation['kind']
  readonly roles: readonly Role[]
  /** Input fields that take more: whoever gives one needs one of its roles. */
  readonly stronger?: Readonly<Record<string, readonly Role[]>>
  /** The input field that names the tenant; a key of a tenant-admin is for its own only. */
  readonly tenant?: string
  /** Only for people who are signed in, not for keys. */
  readonly onlySession?: true
  /** It is about what belongs to whoever asks, and to nobody else. */
  readonly own?: true
  /** What it makes outlasts broken glass: a session needs one of the roles as its own. */
  readonly lasting?: true
  readonly positionals: readonly string[]
  /** What is to be confirmed before, if anything. */
  readonly confirm?: { readonly says: string; readonly types?: Typed }
  /** Columns of the table when the output is a list under `data`. */
  readonly columns?: readonly string[]
  /** Fields of the output that are answered once and kept nowhere. */
  readonly secret?: readonly string[]
  /** With some inputs it is handed to the workers, and answered with its id alone. */
  readonly background?: true
}

export function declaredBy(operation: AnyOperation): DeclaredFacts {
  const { effect, kind, access, words } = operation
  return {
    effect,
    kind,
    roles: access.roles,
    ...(access.stronger === undefined ? {} : { stronger: access.stronger }),
    ...(access.tenant === undefined ? {} : { tenant: access.tenant }),
    ...(access.onlySession === undefined ? {} : { onlySession: true }),
    ...(access.own === undefined ? {} : { own: true }),
    ...(access.lasting === undefined ? {} : { lasting: true }),
    positionals: (words.positionals as readonly string[] | undefined) ?? [],
    ...(words.confirm === undefined ? {} : { confirm: { says: words.confirm, ...typedFor(operation) } }),
    ...(words.columns === undefined ? {} : { columns: words.columns }),
    ...(operation.kind === 'change' && operation.secret !== undefined ? { secret: operation.secret as readonly string[] } : {}),
    ...(operation.kind === 'steps' && operation.background !== undefined ? { background: true } : {}),
  }
}

/** As the command line asks: the name of what is destroyed, or a word where no input names it. */
function typedFor({ effect, words }: AnyOperation): Pick<NonNullable<DeclaredFacts['confirm']>, 'types'> {
  if (words.types !== undefined) return { types: words.types as Typed }
  if (effect !== 'destroy' && words.typesName !== true) return {}
  const field = (words.positionals as readonly string[] | undefined)?.[0]
  if (field !== undefined) return { types: { field } }
  return words.typed === undefined ? {} : { types: { word: words.typed } }
}
