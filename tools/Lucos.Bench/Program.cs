return Lucos.Bench.BenchCommand.Invoke(args);
