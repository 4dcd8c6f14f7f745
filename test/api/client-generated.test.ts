import { expect, test } from 'vitest'
import { expectCommitted } from '../house/committed.js'
import { renderRoutes, renderWire, typeOf } from './render-client.js'

test('the client is what the registry says', () => {
  expectCommitted('src/api/wire.generated.ts', renderWire())
  expectCommitted('src/api/routes.generated.ts', renderRoutes())
})

test('a schema that the renderer does not know is a failure', () => {
  expect(() => typeOf({ oneOf: [] }, '', new Map())).toThrow('know no "oneOf"')
  expect(() => typeOf({ type: 'tuple' }, '', new Map())).toThrow('know no type "tuple"')
})
