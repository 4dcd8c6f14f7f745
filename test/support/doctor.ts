/** What the doctor says of the server that all tests share: its release, and what other tests have on it, and tamper with. */
const OF_THE_SERVER: readonly string[] = ['cluster.version', 'cluster.open', 'roles.powerful', 'settings.secret']

export const ofOurs = ({ check }: { readonly check: string }): boolean => !OF_THE_SERVER.includes(check)
