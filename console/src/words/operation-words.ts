import type { RowOf } from 'tenantry/api'
import type { Tone } from './tone.js'

type OperationState = RowOf<'operation.list'>['state']

const TONES: Readonly<Record<OperationState, Tone>> = {
  running: 'accent',
  undoing: 'warn',
  paused: 'warn',
  succeeded: 'good',
  failed: 'bad',
  cancelled: 'quiet',
}

export const operationTone = (state: OperationState): Tone => TONES[state]
export const isUnderWay = (state: OperationState): boolean => state === 'running' || state === 'undoing'

type Outcome = RowOf<'audit.log'>['outcome']

const OUTCOMES: Readonly<Record<Outcome, Tone>> = {
  accepted: 'accent',
  succeeded: 'good',
  failed: 'bad',
  refused: 'bad',
  cancelled: 'quiet',
}

export const outcomeTone = (outcome: Outcome): Tone => OUTCOMES[outcome]
