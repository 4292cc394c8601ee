import { HermesError } from '../errors.js'
import type { Login } from './login.js'
import type { IdentityMeter } from './meter.js'

/** The same, counting what came of each. */
export function countedLogin(login: Login, meter: IdentityMeter): Login {
  return async (credentials, address) => {
    try {
      const record = await login(credentials, address)
      meter.login('ok')
      return record
    } catch (error) {
      meter.login(error instanceof HermesError ? error.code : 'internal')
      throw error
    }
  }
}
