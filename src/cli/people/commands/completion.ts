import type { CommandShape } from '../../command.js'
import type { PeopleCommand } from '../command.js'
import { completionScript, SHELLS } from '../completion-script.js'

/** Knows every command, itself among them. */
export function completionOf(commands: () => readonly CommandShape[]): PeopleCommand {
  return {
    name: 'completion',
    summary: 'writes what your shell needs to complete command lines',
    operands: [{ name: 'shell', allowed: SHELLS, description: `one of ${SHELLS.join(', ')}` }],
    async run({ operands: [name] }) {
      const shell = SHELLS.find((one) => one === name) ?? 'bash'
      const { ADMIN_COMMANDS } = await import('../../admin/commands.js')
      const script = completionScript(shell, commands(), ADMIN_COMMANDS)
      return { json: { shell, script }, text: () => script }
    },
  }
}
