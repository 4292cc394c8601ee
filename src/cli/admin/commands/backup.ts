import type { AdminCommand } from '../command.js'

export const backup: AdminCommand = {
  name: 'backup',
  summary: 'copies database and certificates into a new folder, beside a running server or without',
  operands: [{ name: 'folder', description: 'what to make; it must not exist' }],
  async run({ operands: [folder = ''], config }) {
    const { backUp } = await import('../../../server/backup/backup.js')
    const made = await backUp(config, folder, new Date())
    return {
      json: made,
      text: () =>
        `${made.folder} has ${made.files.length} files, private keys among them: keep it as you keep those.\n`,
    }
  },
}
