import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

// Vitest begins with the largest file where it has no times of an earlier run. These few lines take minutes: the last of all files, alone in one worker
// for longer than a minute while the others had nothing left, was the contract.
const LONG: readonly string[] = [
  'test/isolation/contract.test.ts',
  'test/faults/proxy-kill.test.ts',
  'test/adopt/kill.test.ts',
  'test/migrate/history.test.ts',
  'test/orms/matrix.test.ts',
  'test/faults/migrate-kill.test.ts',
  'test/catalog/down.test.ts',
]

/** What takes long goes first, so that no worker is left alone with it in the end. */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { root } = this.ctx.config
    const gone = LONG.find((path) => !existsSync(join(root, path)))
    if (gone !== undefined) throw new Error(`${gone} is no more: correct the list of what takes long`)
    const place = ({ moduleId }: TestSpecification): number => {
      const found = LONG.indexOf(relative(root, moduleId))
      return found === -1 ? LONG.length : found
    }
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b))
  }
}
