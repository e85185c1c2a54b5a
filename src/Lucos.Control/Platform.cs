using System.Runtime.Versioning;

// The guest's engine, file modes and Unix sockets are there on Linux only.
[assembly: SupportedOSPlatform("linux")]
