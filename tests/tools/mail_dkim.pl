#!/usr/bin/perl
# Mail::DKIM's opinion on signatures: reads {"records": {NAME: TEXT}, "messages": [PATH]} from standard
# input, prints a line a message: "1" if it has RSA signatures and all of them pass, else "0". Nothing is asked
# of the DNS; the records given are all there is.
use strict;
use warnings;
use JSON::PP qw(decode_json);
use Mail::DKIM::DNS;
use Mail::DKIM::Verifier;
use Net::DNS::RR;

my $task = decode_json(do { local $/; <STDIN> });
{
    no warnings 'redefine';
    *Mail::DKIM::DNS::query = sub {
        my $name = lc shift;
        my $text = $task->{records}{$name} or return;
        my @pieces = unpack '(a250)*', $text;
        return Net::DNS::RR->new(owner => $name, type => 'TXT', txtdata => \@pieces);
    };
}
for my $path (@{ $task->{messages} }) {
    open my $file, '<:raw', $path or die "$path: $!";
    my $verifier = Mail::DKIM::Verifier->new;
    $verifier->PRINT(do { local $/; <$file> });
    $verifier->CLOSE;
    # It does not know Ed25519, which a verifier may pass over (RFC 8463 section 3): that is dkimpy's to judge.
    my @signatures = grep { $_->algorithm ne 'ed25519-sha256' } $verifier->signatures;
    my $all = @signatures && !grep { $_->result ne 'pass' } @signatures;
    print $all ? "1\n" : "0\n";
}
