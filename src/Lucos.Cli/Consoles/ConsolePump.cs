using System.Buffers;
using System.Threading.Channels;
using Lucos.Control.Guests;

namespace Lucos.Cli.Consoles;

/// <summary>
/// Connects a guest's console with standard input and a stream. What waits is bounded both ways. When too much output waits for a slow
/// reader the guest is paused until it has been written: nothing is lost, and the control socket and Ctrl-C work on. Input that the guest
/// does not take is left in its pipe, or, from a terminal, thrown away, as a real line would: the escape must still be seen.
/// </summary>
internal sealed class ConsolePump
{
    /// <summary>The name under which the guest is paused while its output waits.</summary>
    public const string Holder = "console";

    private const int MostOutput = 1 << 20;
    private const int MostInput = 1 << 16;
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(20);

    private readonly GuestHost _guest;
    private readonly Stream _input;
    private readonly Stream _output;
    private readonly bool _hasEscape;
    private readonly TaskCompletionSource _prompted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _gate = new();
    private ArrayBufferWriter<byte> _waiting = new();
    private ArrayBufferWriter<byte> _written = new();
    private byte _lastByte;
    private bool _isHeld;

    /// <summary>Makes a pump.</summary>
    /// <param name="guest">The guest; not started yet, so that no output is missed.</param>
    /// <param name="input">What is typed.</param>
    /// <param name="output">Where the console goes.</param>
    /// <param name="hasEscape">Whether Ctrl-A x ends.</param>
    /// <param name="isBooted">Whether the guest takes input from the start.</param>
    public ConsolePump(GuestHost guest, Stream input, Stream output, bool hasEscape, bool isBooted)
    {
        _guest = guest;
        _input = input;
        _output = output;
        _hasEscape = hasEscape;
        _guest.ConsoleOutput += OnOutput;
        if (isBooted)
        {
            _prompted.SetResult();
        }
    }

    /// <summary>Writes the console out until <see cref="FinishAsync"/>. A reader that is gone ends it in an error; the guest runs on without.</summary>
    public async Task WriteAsync()
    {
        IOException? broken = null;
        await foreach (var _ in _news.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            var bytes = TakeWaiting();
            try
            {
                if (broken is null)
                {
                    await _output.WriteAsync(bytes).ConfigureAwait(false);
                    await _output.FlushAsync().ConfigureAwait(false);
                }
            }
            catch (IOException e)
            {
                broken = e;
            }

            await ResumeAsync().ConfigureAwait(false);
        }

        if (broken is not null)
        {
            throw broken;
        }
    }

    /// <summary>Ends the output once everything is written.</summary>
    /// <param name="writing">What <see cref="WriteAsync"/> returned.</param>
    /// <param name="cancel">Does not wait for a reader that does not read.</param>
    public async Task FinishAsync(Task writing, CancellationToken cancel)
    {
        _news.Writer.Complete();
        await writing.WaitAsync(cancel).ConfigureAwait(false);
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
            while (!await _guest.TryTypeAsync(typed, MostInput).ConfigureAwait(false) && !_hasEscape)
            {
                await Task.Delay(s_retry, cancel).ConfigureAwait(false);
            }
        }
    }

    private void OnOutput(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Span[^1] == (byte)' ' && _lastByte == (byte)'$')
        {
            _prompted.TrySetResult();
        }

        _lastByte = bytes.Span[^1];
        if (IsTooMuch(bytes.Span))
        {
            // Takes effect within some blocks: what they still write is the little that may be above the bound.
            _ = _guest.PauseAsync(Holder);
        }

        _news.Writer.TryWrite(true);
    }

    private bool IsTooMuch(ReadOnlySpan<byte> more)
    {
        lock (_gate)
        {
            _waiting.Write(more);
            if (_waiting.WrittenCount <= MostOutput || _isHeld)
            {
                return false;
            }

            _isHeld = true;
            return true;
        }
    }

    private ReadOnlyMemory<byte> TakeWaiting()
    {
        lock (_gate)
        {
            (_waiting, _written) = (_written, _waiting);
            _waiting.ResetWrittenCount();
            return _written.WrittenMemory;
        }
    }

    private async Task ResumeAsync()
    {
        lock (_gate)
        {
            if (!_isHeld)
            {
                return;
            }

            _isHeld = false;
        }

        try
        {
            await _guest.ResumeAsync(Holder).ConfigureAwait(false);
        }
        catch (GuestEndedException)
        {
            // It was ended while it was paused: the rest of its output is still written.
        }
    }
}
