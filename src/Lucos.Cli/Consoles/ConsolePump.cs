using System.Threading.Channels;
using Lucos.Control.Guests;

namespace Lucos.Cli.Consoles;

/// <summary>Connects a guest's console with standard input and a stream.</summary>
internal sealed class ConsolePump
{
    private readonly GuestHost _guest;
    private readonly Stream _input;
    private readonly Stream _output;
    private readonly bool _hasEscape;
    private byte _lastByte;
    private readonly TaskCompletionSource _prompted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<byte[]> _pending = Channel.CreateUnbounded<byte[]>(new UnboundedChannelOptions { SingleReader = true });

    /// <summary>Makes a pump.</summary>
    /// <param name="guest">The guest; not started yet, so that no output is missed.</param>
    /// <param name="input">What is typed.</param>
    /// <param name="output">Where the console goes.</param>
    /// <param name="hasEscape">Whether Ctrl-A x ends.</param>
    public ConsolePump(GuestHost guest, Stream input, Stream output, bool hasEscape)
    {
        _guest = guest;
        _input = input;
        _output = output;
        _hasEscape = hasEscape;
        _guest.ConsoleOutput += OnOutput;
    }

    /// <summary>Writes the console out until <see cref="FinishAsync"/>.</summary>
    public async Task WriteAsync()
    {
        while (await _pending.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            while (_pending.Reader.TryRead(out var bytes))
            {
                await _output.WriteAsync(bytes).ConfigureAwait(false);
            }

            await _output.FlushAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Ends the output once everything is written.</summary>
    /// <param name="writing">What <see cref="WriteAsync"/> returned.</param>
    public async Task FinishAsync(Task writing)
    {
        _pending.Writer.Complete();
        await writing.ConfigureAwait(false);
    }

    /// <summary>
    /// Types to the guest what comes in, until the escape. At the end of the input the guest just runs on. What a program pipes in
    /// waits for the shell's first prompt: a booting kernel clears its console's receiver.
    /// </summary>
    /// <param name="cancel">Stops.</param>
    /// <returns>When the escape was typed.</returns>
    public async Task ReadAsync(CancellationToken cancel)
    {
        if (!_hasEscape)
        {
            await _prompted.Task.WaitAsync(cancel).ConfigureAwait(false);
        }

        var filter = new EscapeFilter();
        var buffer = new byte[4096];
        while (!filter.IsEnd)
        {
            var count = await _input.ReadAsync(buffer, cancel).ConfigureAwait(false);
            if (count == 0)
            {
                await Task.Delay(Timeout.Infinite, cancel).ConfigureAwait(false);
            }

            var typed = _hasEscape ? filter.Filter(buffer.AsSpan(0, count)) : buffer[..count];
            await _guest.TypeAsync(typed).ConfigureAwait(false);
        }
    }

    private void OnOutput(ReadOnlyMemory<byte> bytes)
    {
        _pending.Writer.TryWrite(bytes.ToArray());
        if (bytes.Span[^1] == (byte)' ' && _lastByte == (byte)'$')
        {
            _prompted.TrySetResult();
        }

        _lastByte = bytes.Span[^1];
    }
}
