import type { NewTenant } from '../../catalog/adoption.js'
import { fault } from '../../kernel/faults.js'
import { checkSlug, isUuid } from '../../kernel/identifiers.js'

/** Lines of `id,slug`, with or without a line of names above. Throws INPUT_INVALID with the number of the line, SLUG_INVALID. */
export function readIds(text: string): ReadonlyMap<string, string> {
  const [ids, slugs] = [new Map<string, string>(), new Set<string>()]
  const wrong = (line: number, says: string) => fault('INPUT_INVALID', { issues: [`ids: line ${line} ${says}`] })
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const [id = '', slug = '', ...more] = line.split(',').map((field) => field.trim().replace(/^"(.*)"$/, '$1'))
    if (line.trim() === '' || (index === 0 && !isUuid(id.toLowerCase()) && /^[a-z_ ]+$/i.test(id))) continue
    if (!isUuid(id.toLowerCase()) || slug === '' || more.length > 0) throw wrong(index + 1, 'is not "id,slug" with a UUID for an id')
    if (ids.has(id.toLowerCase()) || slugs.has(slug)) throw wrong(index + 1, 'repeats an id or a slug')
    ids.set(id.toLowerCase(), checkSlug(slug))
    slugs.add(slug)
  }
  return ids
}

/** A slug for every tenant: the given one, or `t-` with as much of the id as tells it from the others, and a number where one of those has that name. */
export function nameTenants(found: ReadonlySet<string>, given: ReadonlyMap<string, string>): readonly NewTenant[] {
  const all = [...new Set([...found, ...given.keys()])].sort()
  const taken = new Set(given.values())
  const starts = new Map<string, number>()
  for (const id of all) starts.set(id.slice(0, 8), (starts.get(id.slice(0, 8)) ?? 0) + 1)
  return all.map((id) => {
    const [short, long] = [`t-${id.slice(0, 8)}`, `t-${id.replaceAll('-', '')}`]
    if (given.has(id)) return { id, slug: given.get(id)! }
    if (starts.get(id.slice(0, 8)) === 1 && !taken.has(short)) return { id, slug: short }
    let slug = long
    for (let n = 2; taken.has(slug); n++) slug = `${long}-${n}`
    return { id, slug }
  })
}
