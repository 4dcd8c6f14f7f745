// Runs before the first paint: a theme that was chosen here is there from the beginning.
try {
  const chosen = localStorage.getItem('tenantry.theme')
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen
} catch {
  // A browser that keeps nothing: as the system has it.
}
