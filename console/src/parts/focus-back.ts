/** Gives the focus back to where it was; where that is gone, to the list that is shown, or else to the screen: never to nowhere. */
export function focusBack(before: Element | null): void {
  if (before instanceof HTMLElement && before.isConnected && before !== document.body) {
    before.focus()
    return
  }
  const row = document.querySelector<HTMLElement>('main [role="grid"] tr[tabindex="0"]')
  ;(row ?? document.getElementById('main'))?.focus({ preventScroll: true })
}
