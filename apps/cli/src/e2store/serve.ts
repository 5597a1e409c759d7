import { Command } from 'commander'

/** Its options are those of a service: flags, variables of the environment, a configuration file. */
export function serveCommand(): Command {
  return new Command('serve')
    .argument('[ARGUMENTS...]', 'folders and addresses, and flags: datastreamer e2store serve --help lists them')
    .summary('serve files as Ethereum JSON-RPC and Beacon API')
    .description('Serve files of folders, web servers and buckets as Ethereum JSON-RPC and Beacon API.')
    .helpOption(false)
    .allowUnknownOption()
    .action(async (_: readonly string[], __: object, command: Command) => {
      const [{ runService }, { program }] = await Promise.all([
        import('@datastreamer/service'),
        import('./serve/program.ts'),
      ])
      await runService(program, command.args)
    })
}
