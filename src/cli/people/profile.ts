import { join } from 'node:path'
import { stateHome } from '../../config.js'
import { type Option, UsageError } from '../command.js'

export const PROFILE: Option = {
  value: 'NAME',
  description: 'which of your users or servers; "default" when absent',
}

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/i

/** The folder of a profile. Throws UsageError where the name is none. */
export function profileDirectory(name: string): string {
  if (NAME.test(name)) return join(stateHome(), 'hermes', name)
  throw new UsageError(`--profile must have 1 to 64 letters, digits, ".", "_" and "-", not ${JSON.stringify(name)}`)
}
