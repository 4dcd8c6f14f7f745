import type { KeyProvider } from '../kernel/key-provider.js'

/** A place for objects, as the configuration names it: secrets only by reference. */
export type StorePlace = FolderPlace | S3Place

export interface FolderPlace {
  /** Absolute. It is made where only it itself is missing. */
  readonly folder: string
}

export interface S3Place {
  readonly s3: {
    readonly bucket: string
    /** Stands before every key, with a slash between. */
    readonly prefix?: string | undefined
    /** Default `us-east-1`. */
    readonly region?: string | undefined
    /** Of a server that is not Amazon's. */
    readonly endpoint?: string | undefined
    /** The bucket in the path instead of in the host name. Default: with an endpoint. */
    readonly pathStyle?: boolean | undefined
    /** References; without them the client looks where it always does (variables of the environment, profiles, the role of the machine). */
    readonly accessKey?: string | undefined
    readonly secretKey?: string | undefined
    readonly sessionToken?: string | undefined
  }
}

export type ProviderPlace = { readonly secrets: readonly string[] } | { readonly age: AgePlace } | { readonly own: KeyProvider }

export interface AgePlace {
  /** Whoever holds the identity of one of these can unwrap. */
  readonly recipients: readonly string[]
  /** A reference; without it keys are wrapped and never unwrapped here. */
  readonly identity?: string | undefined
}

export interface KeysPlace {
  readonly provider: ProviderPlace
  /** Those that have wrapped before, until `datakey rewrap` is through. */
  readonly former: readonly ProviderPlace[]
  readonly store: StorePlace
  readonly copies: readonly StorePlace[]
}

/** `archives` of the configuration, with every default in place. */
export interface ArchivePlaces {
  readonly store: StorePlace
  readonly copies: readonly StorePlace[]
  /** Without keys, archives are not encrypted. */
  readonly keys: KeysPlace | undefined
  readonly compression: 'gzip' | 'zstd' | 'none'
  /** A reference to the Ed25519 key that signs certificates; without it one of the key store does. */
  readonly certificateKey: string | undefined
}
