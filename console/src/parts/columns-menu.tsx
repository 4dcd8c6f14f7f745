import { type ReactElement, useState } from 'react'
import { Menu } from './menu.js'

/** Which columns are shown, as this browser was told last; the ones that stand by default where it was told nothing. */
export function useColumns(
  screen: string,
  all: readonly string[],
  preset: readonly string[],
): readonly [shown: readonly string[], show: (ids: readonly string[]) => void] {
  const key = `tenantry.columns.${screen}`
  const [shown, setShown] = useState<readonly string[]>(() => kept(key, all) ?? preset)
  const show = (ids: readonly string[]) => {
    const ordered = all.filter((id) => ids.includes(id))
    setShown(ordered)
    try {
      localStorage.setItem(key, JSON.stringify(ordered))
    } catch {
      // A browser that keeps nothing shows them until the page is closed.
    }
  }
  return [shown, show]
}

function kept(key: string, all: readonly string[]): readonly string[] | undefined {
  try {
    const ids: unknown = JSON.parse(localStorage.getItem(key) ?? 'null')
    return Array.isArray(ids) ? all.filter((id) => ids.includes(id)) : undefined
  } catch {
    return undefined
  }
}

export interface ColumnsMenuProps {
  readonly columns: readonly { readonly id: string; readonly head: string }[]
  readonly shown: readonly string[]
  readonly onShow: (ids: readonly string[]) => void
}

export const ColumnsMenu = ({ columns, shown, onShow }: ColumnsMenuProps): ReactElement => (
  <Menu button={{ icon: 'columns' }} label="Columns" side="right">
    {() => (
      <fieldset>
        <legend className="sr-only">Columns that are shown</legend>
        {columns.map(({ id, head }) => (
          <label className="flex items-center gap-2 rounded-md px-2 py-1 hover:bg-hover" key={id}>
            <input
              checked={shown.includes(id)}
              className="size-3.5 accent-accent"
              onChange={(event) => onShow(event.target.checked ? [...shown, id] : shown.filter((one) => one !== id))}
              type="checkbox"
            />
            {head}
          </label>
        ))}
      </fieldset>
    )}
  </Menu>
)
