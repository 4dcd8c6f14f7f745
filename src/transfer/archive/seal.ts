import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto'

/** What closes frames, and opens those that nobody has changed. */
export interface Seal {
  readonly tagBytes: number
  readonly close: (head: Buffer, payload: readonly Uint8Array[]) => { readonly payload: readonly Uint8Array[]; readonly tag: Buffer }
  /** The payload, or undefined where the tag is not that of this head and payload. */
  readonly open: (head: Buffer, payload: readonly Buffer[], tag: Buffer) => readonly Buffer[] | undefined
}

export interface ArchiveKeys {
  readonly frames: Buffer
  /** Shown in the clear: tells a wrong key from changed bytes, and binds the archive to one key. */
  readonly check: Buffer
}

const CIPHER = 'aes-256-gcm'
const TAG_BYTES = 16

/**
 * Every attempt to write an archive has a salt of its own, so that no two frames ever share key and nonce: not those of two archives, and
 * not those of an attempt that was given up and its repetition under the same id.
 */
export function archiveKeys(dataKey: Buffer, { salt, tenant, archive }: { salt: Buffer; tenant: string; archive: string }): ArchiveKeys {
  const derive = (purpose: string): Buffer =>
    Buffer.from(hkdfSync('sha256', dataKey, salt, `tenantry archive 1 ${purpose}\0${tenant}\0${archive}`, 32))
  return { frames: derive('frames'), check: derive('check') }
}

// Stream and index stand in the head: with a key of the archive's own they are a nonce that cannot come twice.
const nonceOf = (head: Buffer): Buffer => Buffer.concat([Buffer.alloc(4), head.subarray(8, 16)])

/** AES-256-GCM; `context` (the digest of the archive's header) and the head are associated data. */
export function encryption(key: Buffer, context: Buffer): Seal {
  return {
    tagBytes: TAG_BYTES,
    close: (head, payload) => {
      const cipher = createCipheriv(CIPHER, key, nonceOf(head), { authTagLength: TAG_BYTES })
      cipher.setAAD(Buffer.concat([context, head]))
      const closed = payload.map((piece) => cipher.update(piece))
      cipher.final()
      return { payload: closed, tag: cipher.getAuthTag() }
    },
    open: (head, payload, tag) => {
      const decipher = createDecipheriv(CIPHER, key, nonceOf(head), { authTagLength: TAG_BYTES })
      decipher.setAAD(Buffer.concat([context, head]))
      decipher.setAuthTag(tag)
      const opened = payload.map((piece) => decipher.update(piece))
      try {
        decipher.final()
      } catch {
        return undefined
      }
      return opened
    },
  }
}

/** Without a key: a digest over the same. It finds every accident, and no forger, who can make it as well. */
export function digests(context: Buffer): Seal {
  const digest = (head: Buffer, payload: readonly Uint8Array[]): Buffer => {
    const hash = createHash('sha256').update(context).update(head)
    for (const piece of payload) hash.update(piece)
    return hash.digest()
  }
  return {
    tagBytes: 32,
    close: (head, payload) => ({ payload, tag: digest(head, payload) }),
    open: (head, payload, tag) => (digest(head, payload).equals(tag) ? payload : undefined),
  }
}
