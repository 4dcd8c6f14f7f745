import { existsSync, readFileSync } from 'node:fs'

/** One file of the built console, in the three forms in which it may be asked for. */
export interface Asset {
  readonly type: string
  readonly plain: Buffer<ArrayBuffer>
  readonly br: Buffer<ArrayBuffer>
  readonly gzip: Buffer<ArrayBuffer>
}

export interface Assets {
  /** The page; every screen is made of it. */
  readonly page: Asset
  /** The files that it names, by their path. A name has the digest of what is in the file. */
  readonly files: ReadonlyMap<string, Asset>
}

// Beside the compiled code in the package and in a checkout alike.
const BUILT = new URL('../../../dist/console/', import.meta.url)

/** The console as it was built, read once. Undefined where it was not built. */
export function readAssets(folder: URL = BUILT): Assets | undefined {
  const listing = new URL('assets.json', folder)
  if (!existsSync(listing)) return undefined
  const listed = JSON.parse(readFileSync(listing, 'utf8')) as Readonly<Record<string, { readonly type: string }>>
  const read = (path: string): Asset => ({
    type: listed[path]!.type,
    plain: readFileSync(new URL(path, folder)),
    br: readFileSync(new URL(`${path}.br`, folder)),
    gzip: readFileSync(new URL(`${path}.gz`, folder)),
  })
  const paths = Object.keys(listed).filter((path) => path !== 'index.html')
  return { page: read('index.html'), files: new Map(paths.map((path) => [`/${path}`, read(path)])) }
}

/** The file in the form that whoever asks has named, smallest first. */
export function answerAsset(request: Request, asset: Asset, headers: Readonly<Record<string, string>>): Response {
  const accepted = (request.headers.get('accept-encoding') ?? '').split(',').map((coding) => coding.trim().toLowerCase())
  const takes = (name: string): boolean =>
    accepted.some((coding) => coding === name || (coding.startsWith(`${name};`) && !/;\s*q=0(\.0*)?$/.test(coding)))
  const coding = takes('br') ? 'br' : takes('gzip') ? 'gzip' : undefined
  const body = coding === undefined ? asset.plain : asset[coding]
  return new Response(request.method === 'HEAD' ? null : body, {
    headers: {
      ...headers,
      'Content-Type': asset.type,
      'Content-Length': String(body.length),
      Vary: 'Accept-Encoding',
      ...(coding === undefined ? {} : { 'Content-Encoding': coding }),
    },
  })
}
