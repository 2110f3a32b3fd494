import ArgumentParser

await SuanpanCommand.main()
