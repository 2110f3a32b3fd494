await SuanpanCommand.main()
