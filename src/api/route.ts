/** How an operation is asked for. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** `{field}` stands for an input field. */
  readonly path: string
  /** Journaled step by step: it may be answered before it has ended. */
  readonly steps: boolean
}

export type Role = 'viewer' | 'operator' | 'tenant-admin' | 'fleet-admin' | 'security-auditor'

/** What an operation declares for whoever presents it. */
export interface Declaration {
  readonly summary: string
  readonly effect: 'read' | 'change' | 'destroy'
  readonly kind: 'direct' | 'change' | 'steps'
  /** Who may run it. The server decides; this is for what need not be offered. */
  readonly roles: readonly Role[]
  /** Input fields that take more: whoever gives one needs one of its roles. */
  readonly stronger?: Readonly<Record<string, readonly Role[]>>
  /** The input field that names the tenant. */
  readonly tenant?: string
  /** Only for people who are signed in, not for keys. */
  readonly onlySession?: true
  /** It is about what belongs to whoever asks, and to nobody else. */
  readonly own?: true
  /** What it makes outlasts broken glass: a session needs one of the roles as its own. */
  readonly lasting?: true
  /** Input fields that the command line takes by position, in order. */
  readonly positionals: readonly string[]
  /** What is to be confirmed before, and what is typed in for it: the value of an input field (where others have these values, if any are named), or a word. */
  readonly confirm?: {
    readonly says: string
    readonly types?: { readonly field: string; readonly when?: Readonly<Record<string, unknown>> } | { readonly word: string }
  }
  /** Columns of the table when the output is a list under `data`. */
  readonly columns?: readonly string[]
  /** Fields of the output that are answered once and kept nowhere. */
  readonly secret?: readonly string[]
  /** With some inputs it is handed to the workers, and answered with its id alone. */
  readonly background?: true
}
