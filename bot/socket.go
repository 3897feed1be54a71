package bot

type socketState struct{}
