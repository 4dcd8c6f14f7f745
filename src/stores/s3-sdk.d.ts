/** As much of the client as is used here: it is installed only where somebody keeps archives in S3, and what is published compiles without it. */
declare module '@aws-sdk/client-s3' {
  interface Command<Output> {
    readonly input: object
    readonly answers?: Output
  }
  type CommandOf<Input, Output> = new (input: Input) => Command<Output>

  interface At {
    readonly Bucket: string
    readonly Key: string
  }
  interface OfUpload extends At {
    readonly UploadId: string | undefined
  }
  interface Paged {
    readonly IsTruncated?: boolean
  }
  interface OneVersion {
    readonly Key?: string
    readonly VersionId?: string
  }
  type Optional<Names extends string> = { readonly [Name in Names]?: string | undefined }

  interface Client {
    readonly send: <Output>(command: Command<Output>) => Promise<Output>
  }
  type S3Client = Client
  const S3Client: new (options: {
    readonly region: string
    readonly endpoint?: string
    readonly forcePathStyle: boolean
    readonly maxAttempts: number
    readonly requestChecksumCalculation: 'WHEN_SUPPORTED' | 'WHEN_REQUIRED'
    readonly responseChecksumValidation: 'WHEN_SUPPORTED' | 'WHEN_REQUIRED'
    readonly requestHandler: { readonly connectionTimeout: number; readonly socketTimeout: number }
    readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }
  }) => Client

  const PutObjectCommand: CommandOf<At & { readonly Body: Buffer; readonly ContentLength: number }, { readonly ETag?: string }>
  const GetObjectCommand: CommandOf<
    At & Optional<'Range' | 'IfMatch'>,
    { readonly Body?: AsyncIterable<Buffer> & { readonly destroy: () => void }; readonly ContentLength?: number; readonly ETag?: string }
  >
  const HeadObjectCommand: CommandOf<At, { readonly ContentLength?: number; readonly ETag?: string }>
  const DeleteObjectCommand: CommandOf<At & Optional<'VersionId'>, object>
  const ListObjectsV2Command: CommandOf<
    { readonly Bucket: string; readonly Prefix: string } & Optional<'ContinuationToken'>,
    Paged & { readonly Contents?: readonly { readonly Key?: string; readonly Size?: number }[]; readonly NextContinuationToken?: string }
  >
  const ListObjectVersionsCommand: CommandOf<
    { readonly Bucket: string; readonly Prefix: string } & Optional<'KeyMarker' | 'VersionIdMarker'>,
    Paged & {
      readonly Versions?: readonly OneVersion[]
      readonly DeleteMarkers?: readonly OneVersion[]
      readonly NextKeyMarker?: string
      readonly NextVersionIdMarker?: string
    }
  >

  const CreateMultipartUploadCommand: CommandOf<At, { readonly UploadId?: string }>
  const UploadPartCommand: CommandOf<
    OfUpload & { readonly PartNumber: number; readonly Body: Buffer; readonly ContentLength: number },
    { readonly ETag?: string }
  >
  const CompleteMultipartUploadCommand: CommandOf<
    OfUpload & {
      readonly MultipartUpload: { readonly Parts: readonly { readonly PartNumber: number; readonly ETag: string | undefined }[] }
    },
    object
  >
  const AbortMultipartUploadCommand: CommandOf<OfUpload, object>
  const ListMultipartUploadsCommand: CommandOf<
    { readonly Bucket: string; readonly Prefix: string } & Optional<'KeyMarker' | 'UploadIdMarker'>,
    Paged & {
      readonly Uploads?: readonly { readonly Key?: string; readonly UploadId?: string; readonly Initiated?: Date }[]
      readonly NextKeyMarker?: string
      readonly NextUploadIdMarker?: string
    }
  >
  const ListPartsCommand: CommandOf<
    OfUpload & Optional<'PartNumberMarker'>,
    Paged & { readonly Parts?: readonly { readonly LastModified?: Date }[]; readonly NextPartNumberMarker?: string }
  >
}
