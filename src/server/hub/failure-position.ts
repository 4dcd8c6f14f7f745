import type { FailurePosition } from '../../engine/progress.js'

export const isSamePosition = (a: FailurePosition, b: FailurePosition): boolean => a.item === b.item && a.at?.getTime() === b.at?.getTime()

export const writePosition = ({ at, item }: FailurePosition): string =>
  `${at?.getTime() ?? 0}-${Buffer.from(item, 'utf8').toString('base64url')}`

/** Undefined for anything that no stream of an operation has handed out. */
export function readPosition(text: string): FailurePosition | undefined {
  const [, ms = '', item = ''] = /^(\d{1,15})-([\w-]{1,2000})$/.exec(text) ?? []
  const found = { at: new Date(Number(ms)), item: Buffer.from(item, 'base64url').toString('utf8') }
  return item !== '' && !found.item.includes('\0') && writePosition(found) === text ? found : undefined
}
