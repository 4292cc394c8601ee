import { homedir } from 'node:os'

/**
 * The folder for what programs of one user remember on one machine, as the XDG Base Directory Specification 0.8 has it:
 * a path that is not absolute does not count.
 */
export function stateHomeOf(environment: Readonly<Record<string, string | undefined>>): string {
  const { XDG_STATE_HOME = '' } = environment
  return XDG_STATE_HOME.startsWith('/') ? XDG_STATE_HOME : `${homedir()}/.local/state`
}
