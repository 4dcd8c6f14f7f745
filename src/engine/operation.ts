import type { z } from 'zod'
import type { Role } from '../catalog/keys.js'
import type { FencingToken } from '../isolation/fence.js'
import { type FactsOf, type Fault, type FaultCode, fault } from '../kernel/faults.js'
import type { Session } from '../postgres/session.js'
import type { Platform } from './platform.js'
import type { Resource } from './resource.js'

/** Who asks, and from where. The source is a surface (`cli`, `http`, `worker`, `library`). */
export interface Caller {
  readonly actor: string
  readonly source: 'cli' | 'http' | 'library' | 'worker'
  /** The API key that asks, if one does; the audit keeps it. */
  readonly keyId?: string | undefined
  /** The session in which a person asks. */
  readonly sessionId?: string | undefined
  /** Of whoever asks over HTTP; whoever asks otherwise may see everything. */
  readonly role?: Role | undefined
  /** Narrows what lists and look-ups may show to one tenant (for keys of a tenant-admin). */
  readonly onlyTenant?: string | undefined
}

/** Makes the faults that the operation has declared; another code, or the facts of another, does not compile. */
export type Fail<F extends FaultCode> = <C extends F>(code: C, facts: FactsOf<C>) => Fault

/** Data that an operation remembers between its steps; written to the journal, so it never holds a secret. */
export type Memory = Readonly<Record<string, unknown>>

export interface CallContext<F extends FaultCode> {
  readonly platform: Platform
  readonly caller: Caller
  readonly fail: Fail<F>
  /** Aborted when whoever asked waits no longer. Only operations that are not journaled have it. */
  readonly signal?: AbortSignal | undefined
}

export interface AcceptContext<F extends FaultCode> extends CallContext<F> {
  /** The transaction that writes the operation and its audit entry: what is done in it happens if and only if the operation is there. */
  readonly tx: Session
  readonly operation: string
}

export interface StepContext<I, M extends Memory> {
  readonly platform: Platform
  readonly input: I
  readonly memory: M
  readonly by: FencingToken
  /** Journals in the catalog, in a transaction that holds the lease. */
  readonly journal: <T>(body: (tx: Session) => Promise<T>) => Promise<T>
  /** As the operation declares it. */
  readonly pausable: boolean
  /** Aborted when this process is to stop: a pausable operation is put down before its next item, for another worker. */
  readonly stop?: AbortSignal | undefined
}

export interface Step<I, M extends Memory> {
  readonly name: string
  /** Repeatable: after a crash it runs again from its beginning. What it answers is added to the memory. */
  readonly act?: (context: StepContext<I, M>) => Promise<Partial<M> | undefined>
  /** For what happens in the catalog alone: runs in the transaction that journals the step, so that it has happened if and only if the step is done. */
  readonly record?: (context: StepContext<I, M>, tx: Session) => Promise<void>
  /** From this step on there is no way back: a cancel comes too late, and whoever asks for the operation again goes on with it. */
  readonly final?: true
  /**
   * For what must not be done anew: asked when it fails for a passing reason for longer than it is tried again. May it have been committed all the same? Then
   * the operation stays open, and whoever takes it up asks what became of it: OPERATION_UNSURE.
   */
  readonly unsure?: (context: StepContext<I, M>) => Promise<boolean>
  /** Takes back what `act` did, wholly or in part. Repeatable. */
  readonly undo?: (context: StepContext<I, M>) => Promise<void>
}

/** What a surface needs to present an operation. */
export interface Words<I, O> {
  /** Input fields that the command line takes by position, in order. */
  readonly positionals?: readonly (keyof I & string)[]
  /** Of input fields that are on unless somebody turns them off, what their flags `--no-…` do. */
  readonly negated?: { readonly [field in keyof I & string]?: string }
  /** The outcome in one line, or a few, for people. */
  readonly says: (output: O) => string
  /** Columns of the table when the output is a list under `data`. */
  readonly columns?: readonly string[]
  /** Is the answer good news? Where it is not, the command ends with 1 although it did what it should. */
  readonly passes?: (output: O) => boolean
  /** What must be confirmed before, if anything. */
  readonly confirm?: string
  /** The name is typed in to confirm, though nothing is destroyed. */
  readonly typesName?: true
  /** What is typed in to confirm, where no input names what is destroyed. */
  readonly typed?: string
  /** The field whose value is typed in to confirm where other fields have these values; elsewhere a yes is enough. */
  readonly types?: { readonly field: keyof I & string; readonly when: { readonly [field in keyof I & string]?: I[field] } }
}

interface Declared<Input extends z.ZodType, Output extends z.ZodType, F extends FaultCode> {
  readonly name: `${string}.${string}`
  readonly summary: string
  readonly effect: 'read' | 'change' | 'destroy'
  readonly input: Input
  readonly output: Output
  readonly faults: readonly F[]
  readonly access: Access
  /** Method and path with `{input field}` placeholders; undefined for operations on the caller's own files, which have no route. */
  readonly http?: `${'GET' | 'POST' | 'DELETE'} /v1/${string}`
  readonly words: Words<z.input<Input>, z.output<Output>>
  /** What it changes, if that can be read: whoever asks may name the version that the change is meant for. */
  readonly resource?: Resource<z.output<Input>>
  /** What whoever is asked to confirm it should know before, line by line. It only looks. */
  readonly tells?: (context: Pick<CallContext<F>, 'platform' | 'fail'>, input: z.input<Input>) => Promise<readonly string[]>
  /** It starts operations of other nouns, so that whoever runs it must know them all. */
  readonly startsOthers?: true
  /** It asks what other operations bear, such as a pause: whoever runs it must know them all as well. */
  readonly asksOthers?: true
}

/** Who may run it. Deny by default: a role that is not listed may not. */
export interface Access {
  readonly roles: readonly Role[]
  /** Input fields that take more: whoever gives one needs one of its roles. */
  readonly stronger?: Readonly<Record<string, readonly Role[]>>
  /** Only for people who are signed in; SESSION_NEEDED for keys. */
  readonly onlySession?: true
  /**
   * It shows and changes what belongs to whoever asks, and to nobody else: it needs no tenant for a tenant-admin, and its input and its result in the
   * journal are for whoever asked for it alone. It decides by the caller, never by its input, whose things these are.
   */
  readonly own?: true
  /** What it gives outlives broken glass: the role must be one's own. */
  readonly lasting?: true
  /** The input field that names the tenant; a tenant-admin may run the operation for its own tenant only, and needs this. */
  readonly tenant?: string
}

/** What `accept` answers: what the steps are to remember, or the output, if nothing is left to do. */
export type Accepted<M extends Memory, O> =
  | {
      readonly memory: M
      readonly subject?: string
      /** The steps before this one were done by somebody else: they are journaled as done, and taken back with the rest. */
      readonly from?: string
    }
  | { readonly done: O; readonly subject?: string }

export type OperationDefinition<Input extends z.ZodType, Output extends z.ZodType, F extends FaultCode, M extends Memory> = Declared<
  Input,
  Output,
  F
> &
  // Not journaled: reads, and what submits other operations.
  (
    | {
        readonly kind: 'direct'
        readonly call: (context: CallContext<F>, input: z.output<Input>) => Promise<z.output<Output>>
        /** Its answer shows what tenants have: it never comes into the catalog, not even for whoever asks again under an Idempotency-Key. */
        readonly answersRows?: true
      }
    | {
        /** One transaction of the catalog. */
        readonly kind: 'change'
        readonly change: (
          context: AcceptContext<F>,
          input: z.output<Input>,
        ) => Promise<{ readonly output: z.output<Output>; readonly subject?: string }>
        /** Fields of the output that are secrets: answered once, never journaled. */
        readonly secret?: readonly (keyof z.output<Output> & string)[]
      }
    | {
        /** Journaled, resumable, fenced. */
        readonly kind: 'steps'
        /** Checks and reserves, in the transaction that writes the operation. A fault here means that there never was one. */
        readonly accept: (context: AcceptContext<F>, input: z.output<Input>) => Promise<Accepted<M, z.output<Output>>>
        readonly steps: readonly Step<z.output<Input>, M>[]
        /** Takes back what `accept` reserved, in the transaction that ends the operation. */
        readonly release?: (context: StepContext<z.output<Input>, M>, tx: Session) => Promise<void>
        readonly result: (context: StepContext<z.output<Input>, M>) => Promise<z.output<Output>>
        /**
         * Works through items, and may stand still between any two of them: `operation pause`, `resume`, `skip`, a retry of what failed, a cancel before
         * its next item. Only for what takes nothing back: it has no `undo` and no `release`.
         */
        readonly pausable?: true
        /** What it works through was chosen and confirmed when it was asked for. It is never begun anew from its input: that could mean others by now. */
        readonly choosesOnce?: true
        /** Asked when one that has failed is to be gone on with, in the transaction that has it run again. A fault here means that it stays as it is. */
        readonly again?: (context: Pick<AcceptContext<F>, 'platform' | 'tx'>, input: z.output<Input>) => Promise<void>
        /** With this input it is handed to the workers, and whoever asks is answered at once. */
        readonly background?: (input: z.output<Input>) => boolean
      }
  )

/** An operation as the registry and the surfaces see it: its own types are behind it. */
// biome-ignore lint/suspicious/noExplicitAny: operations of all inputs and outputs stand in one list; each was checked where it was declared
export type AnyOperation = OperationDefinition<any, any, any, any>

/** Declares an operation once; CLI command, HTTP route, permission, audit entry and reference page come from it. */
export function operation<Input extends z.ZodType, Output extends z.ZodType, const F extends FaultCode, M extends Memory = Memory>(
  definition: OperationDefinition<Input, Output, F, M>,
): OperationDefinition<Input, Output, F, M> {
  return Object.freeze(definition)
}

export const failWith: Fail<FaultCode> = (code, facts) => (fault as (code: FaultCode, facts: unknown) => Fault)(code, facts)
