@main struct Leadwire { static func main() {} }
