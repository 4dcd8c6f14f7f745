import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { newId } from '../kernel/clock.js'
import { sql } from '../kernel/sql.js'
import type { ContractCase } from './contract-case.js'

/** Many rows at once. */
export const BULK_CONTRACT: readonly ContractCase[] = [
  {
    name: 'bulk copies and plans go through the scope and stay in it',
    async run({ fleet, one, two }) {
      const mark = newId()
      const rows = Array.from({ length: 1_200 }, (_, i) => [`${mark} line ${i}\twith\ttabs\nand \\ lines`, i])
      const written = await fleet.app.tenant(one).transaction((scope) => scope.copyFrom('note', ['body', 'size'], rows))
      equal(written, 1_200)
      const [sum] = await fleet.app
        .tenant(one)
        .query(sql<{ n: number; s: number }>`select count(*)::int as n, sum(size)::int as s from note where starts_with(body, ${mark})`)
      deepEqual(sum, { n: 1_200, s: (1_199 * 1_200) / 2 })
      equal((await fleet.app.tenant(two).query(sql`select 1 from note where starts_with(body, ${mark})`)).length, 0)
      const odd = [[0, Buffer.from([0, 255])], [9_007_199_254_740_993n], [Number.NaN]]
      await fleet.app.tenant(one).transaction((scope) => scope.copyFrom('measure', ['value', 'raw'], odd))
      const measures = sql`select value::text, raw from measure order by id desc limit 3`
      deepEqual(await fleet.app.tenant(one).query(measures), [
        { value: 'NaN', raw: null },
        { value: '9007199254740993', raw: null },
        { value: '0', raw: Buffer.from([0, 255]) },
      ])
      const csv = await fleet.app.tenant(two).transaction(async (scope) => {
        let text = ''
        for await (const chunk of scope.copyTo('note', ['body'])) text += chunk.toString()
        await scope.rows(sql`select 1`)
        return text
      })
      match(csv, /^body\n/)
      ok(!csv.includes(mark))
      const plan = await fleet.app.tenant(one).transaction((scope) => scope.explain(sql`select * from note where id = ${1}`))
      match(JSON.stringify(plan), /Plan/)
    },
  },
]
