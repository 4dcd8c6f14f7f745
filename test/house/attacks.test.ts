import { describe, expect, test } from 'vitest'
import { endingAt, fill, NAMES, type Names } from '../../src/isolation/attacks/attack.js'
import { ATTACKS } from '../../src/isolation/attacks/catalogue.js'
import { RESIDUALS, type Residual } from '../../src/isolation/attacks/residuals.js'
import { FAULTS } from '../../src/kernel/faults.js'
import { checkStatement } from '../../src/kernel/row-statements.js'
import { fileText } from '../../src/kernel/sql.js'
import { expectCommitted } from './committed.js'
import { ASSURANCES, ISOLATIONS, partsOf, residualsPage } from './residual-pages.js'

const LEAST = 150

describe('the attacks', () => {
  test('are many, and each has an id and words of its own', () => {
    expect(ATTACKS.length).toBeGreaterThanOrEqual(LEAST)
    expect(new Set(ATTACKS.map(({ id }) => id)).size).toBe(ATTACKS.length)
    for (const { id, title, does, request } of ATTACKS) {
      expect(id).toMatch(/^[A-Z]-\d\d$/)
      expect(title, id).toMatch(/^[a-z]/)
      expect(does.length > 0 || request !== undefined, id).toBe(true)
    }
  })

  test('say how they end, wherever they are tried', () => {
    for (const { id, expected, isolations, assurances } of ATTACKS)
      for (const isolation of isolations ?? ISOLATIONS)
        for (const assurance of assurances ?? ASSURANCES) {
          const ending = endingAt(expected, isolation, assurance)
          if ('residual' in ending) continue
          expect(ending.length, `${id} ${isolation} ${assurance}`).toBeGreaterThan(0)
          for (const code of ending) expect(code, id).toMatch(/^(ok|[0-9A-Z]{5}|\d{3}( [A-Z_]+)?|[A-Z]{2,}(_[A-Z]+)+)$/)
          for (const code of ending) if (/^[A-Z]{2,}_/.test(code)) expect(FAULTS, id).toHaveProperty(code)
        }
  })

  test('name nothing that has no name', () => {
    const names = Object.fromEntries(NAMES.map((name) => [name, 'x'])) as Names
    for (const { id, does, instead = [], before = [], afterwards = '' } of ATTACKS)
      for (const text of [...does, ...instead, ...before, afterwards]) expect(fill(text, names), id).not.toMatch(/\{[a-z]+( [a-z]+)*\}/)
  })

  test('commit nothing but what belongs to the two tenants', () => {
    // Whatever a wall might let through on a real cluster must be gone with the transaction, or with the scratch homes.
    const own = /\{(own|other|my role|their role)\}|platform\.(account|plan)|current_user|default privileges grant|^set local /
    for (const { id, keeps, does } of ATTACKS) if (keeps) for (const text of does) expect(text, id).toMatch(own)
  })

  test('a login that is in no transaction does nothing that would outlast it', () => {
    const harmless =
      /^(select|begin|rollback|commit|set (local )?role|update \{other\}|delete from \{other\}|truncate \{other\}|copy \{other\}|create temporary|update tenantry\.placement set state = 'moved' where tenant_id = '\{them\}'|do \$\$)/
    for (const { id, from, does } of ATTACKS) {
      if (from !== 'login') continue
      const inside = does[0] === 'begin' && does.at(-1) === 'rollback'
      for (const text of does)
        if (!inside && text !== 'create table public.evil (i int)' && text !== 'alter role current_user superuser')
          expect(text, id).toMatch(harmless)
    }
  })

  test('through the client are statements that it lets through, or refuses by their first word', () => {
    for (const { from, does } of ATTACKS)
      if (from === 'transaction' || from === 'scope')
        for (const text of does) {
          const refused = (() => {
            try {
              checkStatement(fileText(text))
              return undefined
            } catch (error) {
              return (error as { code?: string }).code
            }
          })()
          expect([undefined, 'STATEMENT_REFUSED']).toContain(refused)
        }
  })
})

describe('the residuals', () => {
  test('are told on a page', () => {
    expectCommitted('docs/residuals.md', residualsPage())
  })

  test('each is shown by an attack, but for those that would be an outage', () => {
    const unshown = (Object.keys(RESIDUALS) as Residual[]).filter((which) => partsOf(which).length === 0)
    expect(unshown).toEqual(['load'])
  })
})
