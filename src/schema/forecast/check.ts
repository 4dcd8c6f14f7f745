/** Where in the files something is asked for. */
export interface Place {
  readonly file: string
  readonly line: number
}

/** Rows that would make a statement fail, as one home is asked for them. Names and expressions are those of the home as it is. */
export type RowCheck = Place & {
  /** For people: what is wrong with the rows that are found. */
  readonly what: string
  readonly table: string
  /** Columns that must be there for the question to make sense. */
  readonly columns: readonly string[]
  /** It calls code or names types of the home, so that it is asked with the home as the search path. */
  readonly own: boolean
} & (
    | { readonly kind: 'any' }
    | { readonly kind: 'null'; readonly column: string }
    | { readonly kind: 'false'; readonly expression: string }
    | {
        readonly kind: 'twice'
        readonly expressions: readonly Part[]
        readonly where: string | undefined
        /** NULLS NOT DISTINCT. */
        readonly nulls: boolean
      }
    | { readonly kind: 'orphan'; readonly keys: readonly string[]; readonly target: string; readonly targetKeys: readonly string[] }
    | { readonly kind: 'longer'; readonly column: string; readonly size: number }
    | { readonly kind: 'unlike'; readonly column: string; readonly type: string }
    | { readonly kind: 'fails'; readonly expression: string }
    | { readonly kind: 'overlap'; readonly pairs: readonly { readonly column: string; readonly operator: string }[] }
  )

export type Part = { readonly column: string } | { readonly expression: string }

export type ObjectKind = 'relation' | 'column' | 'constraint' | 'type' | 'trigger' | 'label'

/** An object that must be there, or must not, when a statement comes. */
export interface ObjectCheck extends Place {
  readonly kind: ObjectKind
  /** The table of a column, constraint or trigger; the type of a label. */
  readonly of: string | undefined
  readonly name: string
  readonly wanted: boolean
}

/** What cannot be asked before the files in front have run. */
export interface Unknowable extends Place {
  readonly what: string
  readonly why: string
}

export interface Foreseen {
  readonly objects: readonly ObjectCheck[]
  readonly rows: readonly RowCheck[]
  readonly unknowable: readonly Unknowable[]
}

/** The name of an object, as a home is asked for it. */
export const keyOf = ({ kind, of, name }: Pick<ObjectCheck, 'kind' | 'of' | 'name'>): string =>
  [kind, of, name].filter((word) => word !== undefined).join(' ')
