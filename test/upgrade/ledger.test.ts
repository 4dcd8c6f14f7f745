import { expect, test } from 'vitest'
import { readPlatformFiles } from '../../src/engine/sql-files.js'
import { type AppliedFile, checksumOf, compareLedger, filesToApply, type SqlFile } from '../../src/kernel/ledger.js'

const file = (number: number, text = `select ${number}`): SqlFile => ({ number, name: 'part', text })
const entry = (of: SqlFile, checksum: string | null = checksumOf(of)): AppliedFile => ({ ...of, checksum, at: new Date(0) })
const apply = (files: readonly SqlFile[], applied: readonly AppliedFile[]) => filesToApply('sql/home', 'main/tenants', files, applied)

test('what is missing is applied in the order of numbers, also where a late file fills a gap', () => {
  const files = [file(1), file(9), file(2), file(6)]
  expect(apply(files, [entry(file(1)), entry(file(6))]).map(({ number }) => number)).toEqual([2, 9])
  expect(
    apply(
      files,
      files.map((one) => entry(one)),
    ),
  ).toEqual([])
})

test('a file that was edited is named, and one from before there were checksums is believed', () => {
  const files = [file(1), file(2)]
  expect(() => apply(files, [entry(file(1, 'select 7'))])).toThrow('sql/home/0001_part.sql')
  expect(apply(files, [entry(file(1), null)])).toEqual([file(2)])
  expect(checksumOf(file(1, 'a\r\nb'))).toBe(checksumOf(file(1, 'a\nb')))
})

test('a file that is not known here comes from a newer release, whatever else is missing', () => {
  expect(() => apply([file(1), file(2)], [entry(file(1)), entry(file(7))])).toThrow('main/tenants is at version 7')
  expect(compareLedger([file(1)], [entry(file(1)), entry(file(3))]).newer.map(({ number }) => number)).toEqual([3])
})

test('no two of our own files have the same number', async () => {
  const { catalogFiles, homeFiles } = await readPlatformFiles()
  for (const files of [catalogFiles, homeFiles]) expect(new Set(files.map(({ number }) => number)).size).toBe(files.length)
})
