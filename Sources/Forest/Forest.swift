// Forest
