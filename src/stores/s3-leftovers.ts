import { failureOf, type S3Connection } from './s3-client.js'

interface Upload {
  readonly Bucket: string
  readonly Key: string
  readonly UploadId: string
}

interface Markers {
  readonly KeyMarker?: string | undefined
  readonly UploadIdMarker?: string | undefined
}

/** Aborts the uploads that nobody has sent a part of since `before`; their parts are paid for until somebody does. Answers their names. */
export async function abortUploads(
  connection: S3Connection,
  { Bucket, prefix, before }: { readonly Bucket: string; readonly prefix: string; readonly before: number },
): Promise<readonly string[]> {
  const { sdk, client } = connection
  const ask = (from: Markers) => client.send(new sdk.ListMultipartUploadsCommand({ Bucket, Prefix: prefix, ...from }))
  const aborted: string[] = []
  for (let from: Markers | undefined = {}; from !== undefined; ) {
    const page: Awaited<ReturnType<typeof ask>> = await ask(from)
    for (const { Key = '', UploadId = '', Initiated } of page.Uploads ?? []) {
      const upload = { Bucket, Key, UploadId }
      try {
        if ((Initiated?.getTime() ?? 0) > before || (await lastTouched(connection, upload)) > before) continue
        await client.send(new sdk.AbortMultipartUploadCommand(upload))
      } catch (error) {
        // It has ended in this moment.
        if (failureOf(error) === 'NoSuchUpload') continue
        throw error
      }
      aborted.push(`${Key.slice(prefix.length)} (upload ${UploadId})`)
    }
    from = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : undefined
  }
  return aborted
}

/** When the newest of its parts came: a long upload was begun long ago. */
async function lastTouched({ sdk, client }: S3Connection, upload: Upload): Promise<number> {
  const ask = (PartNumberMarker: string | undefined) => client.send(new sdk.ListPartsCommand({ ...upload, PartNumberMarker }))
  let newest = 0
  let marker: string | undefined
  do {
    const page: Awaited<ReturnType<typeof ask>> = await ask(marker)
    for (const { LastModified } of page.Parts ?? []) newest = Math.max(newest, LastModified?.getTime() ?? 0)
    marker = page.IsTruncated ? page.NextPartNumberMarker : undefined
  } while (marker !== undefined)
  return newest
}
