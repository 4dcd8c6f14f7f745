import type { ReactNode } from 'react'
import { SCREENS } from '../screens.js'
import { Sheet } from './sheet.js'

const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ['Ctrl K', 'go somewhere, do something, find somebody'],
  ['?', 'this list'],
  ['/', 'search in the list'],
  ['j  k  ↓  ↑', 'next and previous row'],
  ['PgUp  PgDn', 'ten rows at once'],
  ['Home  End', 'first and last row'],
  ['x', 'select the row'],
  ['Enter', 'open the row'],
  ['Esc', 'close what is open'],
  ['Ctrl Enter', 'run the statement (SQL)'],
  ['Ctrl Shift Enter', 'show its plan (SQL)'],
]

export const ShortcutList = ({ onClose }: { readonly onClose: () => void }): ReactNode => (
  <Sheet name="Keys" onClose={onClose}>
    <div className="p-5">
      <h2 className="text-base font-semibold">Keys</h2>
      <dl className="mt-3 grid grid-cols-[8rem_1fr] gap-y-1.5">
        {[...KEYS, ...SCREENS.flatMap(({ key, name }) => (key === undefined ? [] : [[`g ${key}`, name] as const]))].map(([keys, does]) => (
          <div key={keys} className="contents">
            <dt>
              <kbd className="font-mono">{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <button type="button" onClick={onClose} className="mt-4 rounded border border-edge px-3 py-1 hover:bg-hover">
        Close
      </button>
    </div>
  </Sheet>
)
