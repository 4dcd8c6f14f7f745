/** Whose key it is, and which of theirs. A wrapped key cannot be unwrapped as another's. */
export interface KeyContext {
  readonly tenant: string
  readonly key: string
}

/** Wraps data keys with something that is kept elsewhere: a master secret, age recipients, Vault, a KMS. */
export interface KeyProvider {
  /** Stays with every key that it has wrapped: lower case, digits and dashes. */
  readonly name: string
  /** False where it can wrap and never unwrap: every archive then has a key of its own. Default true. */
  readonly unwraps?: boolean
  /** The answer is printable ASCII of at most 16,000 characters. */
  readonly wrap: (key: Buffer, context: KeyContext) => Promise<string>
  /** Throws KEY_UNAVAILABLE when it cannot, or when the key was wrapped for another context. */
  readonly unwrap: (wrapped: string, context: KeyContext) => Promise<Buffer>
}
