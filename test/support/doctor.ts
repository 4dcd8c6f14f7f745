/** What the doctor says of the server that all tests share: its release, and the databases that other tests have on it. */
const OF_THE_SERVER: readonly string[] = ['cluster.version', 'cluster.open']

export const ofOurs = ({ check }: { readonly check: string }): boolean => !OF_THE_SERVER.includes(check)
