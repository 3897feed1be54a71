package bot

type selfState struct{}
