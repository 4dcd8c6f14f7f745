import type { IfMatch } from '../engine/resource.js'
import { fault } from '../kernel/faults.js'

/** What a request asks to hold (RFC 9110, 13.1). A condition where it could not be kept is refused, never ignored. */
export interface Conditions {
  /** Only of changes. */
  readonly ifMatch: IfMatch | undefined
  /** Only of reads: versions that whoever asks has already, strong or weak. */
  readonly ifNoneMatch: IfMatch | undefined
}

// One element of a list, which may be empty, and what ends it. Tags may have commas in them.
const ELEMENT = /[ \t]*(?:(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*)?(?:,|$)/y

interface Tag {
  readonly weak: boolean
  readonly version: string
}

/** Throws INPUT_INVALID for what is no list of entity tags, and for a condition that this method does not know. */
export function readConditions(request: Request, reads: boolean): Conditions {
  const [match, noneMatch] = [request.headers.get('if-match'), request.headers.get('if-none-match')]
  const issues = [
    ...(reads && match !== null ? ['If-Match: is for changes; reads take If-None-Match'] : []),
    ...(!reads && noneMatch !== null ? ['If-None-Match: is for reads; changes take If-Match'] : []),
  ]
  if (issues.length > 0) throw fault('INPUT_INVALID', { issues })
  // A weak tag says that two answers mean the same; a change asks whether they are the same.
  const strong = (tags: '*' | readonly Tag[]) => (tags === '*' ? tags : tags.filter(({ weak }) => !weak).map(({ version }) => version))
  const any = (tags: '*' | readonly Tag[]) => (tags === '*' ? tags : tags.map(({ version }) => version))
  return {
    ifMatch: match === null ? undefined : strong(tagsOf('If-Match', match)),
    ifNoneMatch: noneMatch === null ? undefined : any(tagsOf('If-None-Match', noneMatch)),
  }
}

function tagsOf(header: string, text: string): '*' | readonly Tag[] {
  if (text.trim() === '*') return '*'
  const tags: Tag[] = []
  ELEMENT.lastIndex = 0
  for (let at = 0; at < text.length; at = ELEMENT.lastIndex) {
    const found = ELEMENT.exec(text)
    if (found === null) throw invalid(header)
    if (found[2] !== undefined) tags.push({ weak: found[1] !== undefined, version: found[2] })
  }
  if (tags.length === 0) throw invalid(header)
  return tags
}

const invalid = (header: string) =>
  fault('INPUT_INVALID', { issues: [`${header}: must be * or a list of entity tags such as "x5f…", with their quotes`] })

export const etagOf = (version: string): string => `"${version}"`

/** Whoever asks has this version already: the answer to a read is 304 then. */
export const isKnown = (version: string, ifNoneMatch: IfMatch | undefined): boolean =>
  ifNoneMatch === '*' || ifNoneMatch?.includes(version) === true
